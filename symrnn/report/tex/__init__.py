"""Reports as LaTeX: ``page`` says what stands in a report, ``render`` puts it into templates, ``pdf`` compiles it."""
