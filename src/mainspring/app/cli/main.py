"""The command ``mainspring``."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

import mainspring
from mainspring.app.cli.groups import LazyGroup
from mainspring.core.errors import InputError, MainspringError, UnavailableError

_COMMANDS = {
    "alerts": "alerts:alerts",
    "approve": "approve:approve",
    "attach": "registry.promote:attach",
    "audit": "users:audit",
    "cancel": "cancel:cancel",
    "data": "data:data",
    "demo": "demo:demo",
    "deploy": "deploying:deploy",
    "diff": "diff:diff",
    "doctor": "doctor:doctor",
    "eval": "evaluation:evaluation",
    "explain": "explaining.explain:explain",
    "explain-serve": "explaining.explain_serve:explain_serve",
    "export": "exporting:export",
    "feedback": "feedback:feedback",
    "gc": "gc:gc",
    "graph": "graph:graph",
    "init": "init:init",
    "jobs": "jobs:jobs",
    "keys": "keys:keys",
    "lineage": "lineage:lineage",
    "logs": "logs:logs",
    "models": "registry:models",
    "monitor": "monitoring:monitor",
    "payloads": "payloads:payloads",
    "predict": "predict:predict",
    "promote": "registry.promote:promote",
    "report": "report:report",
    "reproduce": "registry.reproduce:reproduce",
    "resume": "run:resume",
    "review": "review:review",
    "rollback": "registry.show:rollback",
    "rollout": "rollout:rollout",
    "run": "run:run",
    "runs": "runs:runs",
    "scheduler": "scheduler:scheduler",
    "serve": "serve:serve",
    "show": "show:show",
    "simulate": "simulating:simulate",
    "slo": "slo:slo",
    "sign": "registry.promote:sign",
    "tokens": "users:tokens",
    "webhooks": "registry:webhooks",
    "ui": "ui:ui",
    "users": "users:users",
    "why-not-cached": "why_not_cached:why_not_cached",
}

EPILOG = """\b
Examples:
  mainspring demo
  mainspring init taxi --data trips.csv --label big_tipper
  mainspring run
  mainspring lineage taxi@production

\b
Shell completion:
  eval "$(_MAINSPRING_COMPLETE=bash_source mainspring)"     # or zsh_source, fish_source
"""


_SUMMARIES = {
    "alerts": "What is wrong with watched models: acknowledged, silenced, told.",
    "approve": "Sign (or reject) what a run waits for, and let it go on.",
    "attach": "Add evidence about a version of a model.",
    "audit": "Who asked for what and what became of it, whether the trail is whole.",
    "cancel": "Stop a run.",
    "data": "Statistics, schema, validation and comparison of data, no project needed.",
    "demo": "Run everything once on a bundled data set, and tell the story.",
    "deploy": "What is served, declared in files: checked, followed, rolled back.",
    "diff": "What changed between two runs: code, data, parameters, results.",
    "doctor": "Check that this installation and this project are healthy.",
    "eval": "Metrics, slices, fairness, errors and gates of models, no project needed.",
    "explain": "Why a model answered rows, or a logged request, as it did.",
    "explain-serve": "Explain a served model's answers over HTTP, beside it.",
    "export": "Models and deployments for other places: browsers, devices, images, clusters.",
    "feedback": "Tell a server what became known of its answers.",
    "gc": "Remove what no run, model or alias needs any more.",
    "graph": "Graphs of models: checked, shown, made of the steps of a run.",
    "init": "Write a small project for your own data.",
    "jobs": "What consoles started: listed, shown, stopped.",
    "keys": "The API keys of prediction servers: made, listed, taken back.",
    "lineage": "Where something came from: data, code, metrics, signatures.",
    "logs": "What the steps of a run printed, live if it runs.",
    "models": "The registered models: versions, aliases, history, search, comparison.",
    "monitor": "Watch served models: windows judged, people told, new models asked for.",
    "payloads": "What servers were asked and answered: look, take it out, forget somebody.",
    "predict": "Answer rows with a registered model.",
    "promote": "Bring a version of a model into an environment.",
    "report": "Write the page that tells a run's story, to open or to send.",
    "reproduce": "Train a version again, and say whether it is bit-equal.",
    "resume": "Take up a run that failed, was held, parked or killed.",
    "review": "Rows that people look at: chosen by chance, answered, told as the truth.",
    "rollback": "Point an alias back at the version before.",
    "rollout": "Canaries, experiments, bandits and shadows: how they stand, and what becomes of them.",
    "run": "Run the project's pipeline.",
    "runs": "The latest runs.",
    "scheduler": "Start runs on schedule, on new data, on request; until stopped.",
    "serve": "Answer prediction requests over HTTP.",
    "show": "One run: steps, verdicts, model.",
    "simulate": "What retraining policies would have done and cost, and how models grow stale.",
    "slo": "What is asked of servers, how it stands, and alerts and a dashboard for it.",
    "sign": "Sign that a version may be brought into an environment.",
    "tokens": "What programs show to the console's API: made, listed, taken back.",
    "ui": "The console: every model's life on pages, for people who would rather look.",
    "users": "Who may sign in to the console, and what they may do.",
    "webhooks": "Addresses that are told what happens to models.",
    "why-not-cached": "Why a step had to run again.",
}


@click.group(
    cls=LazyGroup,
    commands=_COMMANDS,
    summaries=_SUMMARIES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.option(
    "-C",
    "--project",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="The project's folder; by default the nearest one with a mainspring.toml.",
)
@click.version_option(mainspring.__version__, prog_name="mainspring")
def cli(project: Path | None) -> None:
    """The whole life of a machine-learning model, recorded."""
    if os.environ.get("NO_COLOR"):
        click.get_current_context().color = False
    if project is not None:
        os.chdir(project)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; a user's mistake gives a message and an exit code, never a traceback.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 held by a gate, 130 interrupted.
    """
    given = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in given
    try:
        answer = cli.main(args=given, prog_name="mainspring", standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        if as_json:
            _show(InputError(error.format_message()), as_json=True)
        else:
            error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except MainspringError as error:
        _show(error, as_json=as_json)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        # A full disk, a file that may not be written: the user's to put right, and no bug of ours.
        _show(UnavailableError(error.strerror or str(error), where=error.filename), as_json=as_json)
        return 1
    return answer if isinstance(answer, int) else 0


def _show(error: MainspringError, *, as_json: bool) -> None:
    if as_json:
        parts: dict[str, Any] = {"error": dict(error.as_dict())}
        click.echo(json.dumps(parts, ensure_ascii=False))
        return
    where = f"{error.where}: " if error.where else ""
    click.echo(click.style("error: ", fg="red", bold=True) + f"{where}{error.found}", err=True)
    if error.expected:
        click.echo(f"  expected: {error.expected}", err=True)
    if error.fix:
        click.echo(f"  do:       {error.fix}", err=True)


if __name__ == "__main__":
    sys.exit(main())
