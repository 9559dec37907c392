"""What both cores must agree on: one source, carried by each of them as its package ``_shared``.

The cores are independent of each other and can be vendored alone, so they import nothing from each other. What must
not differ between them (what is a secret, which driver a URL needs, how a duration is written) stands here once:
``packages/shared/`` in the repository, reached by a symbolic link in each core, and real files in wheels and source
archives. Nothing here imports a core. Functions return sentences, or raise the plain errors of `problems`, which each
core translates into its own.
"""
