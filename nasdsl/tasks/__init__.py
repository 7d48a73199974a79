"""Selection of the task from a data set and a space."""

from __future__ import annotations

import torch

from nasdsl.data.images import DataSet, read
from nasdsl.data.text import Text
from nasdsl.diagnostics import error
from nasdsl.options.settings import DataSettings
from nasdsl.space import Space
from nasdsl.tasks import images, language
from nasdsl.tasks.base import Task


def task_for(space: Space, settings: DataSettings, device: torch.device) -> tuple[Task, Space]:
    """Return the task, and the space with the number of classes or words of the data.

    Raises NAS80x if the data are missing or damaged, NAS803 if the space does not match them.
    """
    is_language = language.refuses(space) is None
    reason = None if is_language else images.refuses(space)
    if reason is not None:
        kinds = [kind for kind, _ in space.input_types]
        text = f"no data set is compatible: {language.refuses(space) if 'tokens' in kinds else reason}"
        hint = "tasks are classification of images and prediction of the next word (`ptb:FOLDER`, `text:FOLDER`)"
        raise error("NAS803", text, help=hint)
    raw = read(settings.data, settings.data_dir)
    if isinstance(raw, Text):
        if not is_language:
            raise error("NAS803", f"`{settings.data}` is a text data set: {language.refuses(space)}")
        space = _with_size(space, "vocabulary", len(raw.vocabulary))
        return language.LanguageModel(raw, settings.data, space, settings.limit, device), space
    if not isinstance(raw, DataSet):
        raise error("NAS803", f"`{settings.data}` must be an image or text data set, found {type(raw).__name__}")
    if is_language:
        hint = "use --data ptb:FOLDER or text:FOLDER"
        raise error(
            "NAS803", f"`{settings.data}` is an image data set, but `{space.name}` is a language model", help=hint
        )
    space = _with_size(space, "classes", raw.classes)
    return images.Classification(raw, settings.data, space, settings.limit, device), space


def _with_size(space: Space, name: str, value: int) -> Space:
    """Set a parameter of the space from the data, unless the user set it."""
    if name in space.declared and name not in space.settings and space.parameters[name] != value:
        return space.rebind(**{name: value})
    return space
