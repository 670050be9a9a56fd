"""From a question to quotes: understanding it, searching, reading, choosing what to quote, and how sure that is.

``pipeline`` is the way through. The modules, by stage:

- what is asked: ``query``; in ``asking``: ``courtesies``, ``spelling``, ``question``, ``time_asked``
- what a talk adds: ``conversation``, ``references``; in ``follow_ups``: ``variants``, ``follow_up``, ``likelihood``,
  ``interpretation``
- finding: ``search``
- in ``reading``: ``reading``, ``reader``, ``span_reader``, ``spans``, ``overlap_reader``; which sentences fit a
  question: ``sentence_form``, ``offices``, ``told_times``, ``turns``, ``listed``, ``whole_lists``; whom
  they speak of: ``antecedents``
- in ``quoting``: ``quotes``, ``highlights``; what completes a quote: ``completing``, ``speech``, ``replies``,
  ``introduced``, ``steps``, ``claims``, ``claim_words``, ``excerpts``; in which order: ``arranging``, ``sameness``
- in ``doubting``, what speaks for and against the first quote: ``evidence``, ``doubts``, ``amounts``, ``contacts``,
  ``numbered``, ``to_come``, ``unnamed``; how sure it is then: ``confidence``
- what comes out: ``answer``; beside its quotes: ``times``, ``newer``
- for other than answering: ``tracing`` (what became of a quote), ``grouping`` (questions that mean the same)
"""
