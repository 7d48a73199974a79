"""One-shot strategies, one short module each, over `oneshot.base.OneShot`."""
