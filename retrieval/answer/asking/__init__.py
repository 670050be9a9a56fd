"""What a question says: courtesies left out, slips put right, its words, names, kinds and times."""
