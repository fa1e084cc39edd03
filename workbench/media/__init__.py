"""What the bytes of a picture, video or sound say: hashes, metadata, places, key frames, thumbnails.

Captured files are hostile, so nothing here decodes in the caller's process: ``looking`` starts a child
(``python -P -m workbench.media.child``) with limits on memory, time and pixels, and asks it. A codec that
crashes, hangs or fills the memory costs one child, and becomes a ``Problem`` that names the file.

``kinds`` says what bytes are; ``pictures`` and ``films`` decode (in the child); ``exif``, ``xmp``, ``boxes``
and ``iso6709`` read metadata; ``spots`` says how well a place is known; ``rows`` turns it all into rows.
"""
