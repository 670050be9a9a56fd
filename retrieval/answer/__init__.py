"""From a question to quotes: understanding it, searching, reading, choosing what to quote, and how sure that is.

``pipeline`` is the way through. The modules, by stage:

- what is asked: ``query``, ``courtesies``, ``spelling``, ``question``, ``time_asked``
- follow-ups: ``conversation``, ``references``, ``variants``, ``follow_up``, ``likelihood``, ``interpretation``
- finding: ``search``
- reading: ``reading``, ``reader``, ``span_reader``, ``spans``, ``overlap_reader``; which sentences fit a question:
  ``sentence_form``, ``offices``, ``told_times``
- quoting: ``quotes``, ``highlights``; what completes a quote: ``completing``, ``antecedents``, ``speech``, ``replies``,
  ``introduced``, ``steps``, ``claims``, ``claim_words``, ``excerpts``; in which order: ``arranging``, ``sameness``
- how sure: ``evidence``, ``doubts``, ``amounts``, ``contacts``, ``to_come``, ``unnamed``, ``confidence``
- what comes out: ``answer``; beside its quotes: ``times``, ``newer``
- for other than answering: ``tracing`` (what became of a quote), ``grouping`` (questions that mean the same)
"""
