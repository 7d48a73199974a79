"""One-shot strategies.  Each is a short file over `base.OneShot`."""
