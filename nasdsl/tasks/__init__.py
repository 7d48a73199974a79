"""The task that a data set and a space make."""

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
    """The task, and the space with what the data say of it: how many classes, or words.

    Raises NAS80x where the data are missing or damaged, NAS803 where the space takes others.
    """
    is_language = language.refuses(space) is None
    reason = None if is_language else images.refuses(space)
    if reason is not None:
        kinds = [kind for kind, _ in space.input_types]
        text = f"no data set fits: {language.refuses(space) if 'tokens' in kinds else reason}"
        hint = "images are classified, and words predicted one after another (`ptb:FOLDER`, `text:FOLDER`)"
        raise error("NAS803", text, help=hint)
    raw = read(settings.data, settings.data_dir)
    if isinstance(raw, Text):
        if not is_language:
            raise error("NAS803", f"`{settings.data}` is a text: {language.refuses(space)}")
        space = _with_size(space, "vocabulary", len(raw.vocabulary))
        return language.LanguageModel(raw, settings.data, space, settings.limit, device), space
    if not isinstance(raw, DataSet):
        raise error("NAS803", f"`{settings.data}` is neither images nor a text, but {type(raw).__name__}")
    if is_language:
        hint = "--data ptb:FOLDER or text:FOLDER"
        raise error("NAS803", f"`{settings.data}` holds images, and `{space.name}` is a language model", help=hint)
    space = _with_size(space, "classes", raw.classes)
    return images.Classification(raw, settings.data, space, settings.limit, device), space


def _with_size(space: Space, name: str, value: int) -> Space:
    """The space with a parameter from the data, unless the user set it."""
    if name in space.declared and name not in space.settings and space.parameters[name] != value:
        return space.rebind(**{name: value})
    return space
