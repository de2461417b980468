"""Scripts for completion in a shell: ``completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from ._commands import Choice, TeachingCommand
from ._errors import OK
from ._output import write

__all__ = ["completion"]

SHELLS = ("bash", "zsh", "fish")


@click.command(
    cls=TeachingCommand,
    short_help="Print a script for completion in a shell.",
    epilog="""\b
To use it:
  bash   webpubsub completion bash > ~/.local/share/bash-completion/completions/webpubsub
  zsh    webpubsub completion zsh > ~/.zfunc/_webpubsub    with ~/.zfunc in fpath, before compinit
  fish   webpubsub completion fish > ~/.config/fish/completions/webpubsub.fish

\b
For this session only:
  eval "$(webpubsub completion bash)" """,
)
@click.argument("shell", type=Choice(*SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> int:
    """Print a script that completes commands, operations, options and choices."""
    kind = get_completion_class(shell)
    assert kind is not None
    write(kind(ctx.find_root().command, {}, "webpubsub", "_WEBPUBSUB_COMPLETE").source() + "\n")
    return OK
