"""The `patchline` command: reads what was typed, builds what is needed, and says plainly what went wrong.

Everything heavy is imported inside the command that needs it, so that `--version` and `--help` are instant.
What a command runs is `compose.py`.
"""

import asyncio
import os
import signal
import sys
import textwrap
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from bot.domain.errors import ConfigError, StorageUnavailable

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.services.checks import Report

LAST_WORDS: Final = 4.5
"""Seconds a stop may take; then the process ends, and what was in flight is reconciled at the next start."""

_EXAMPLES: Final = """\b
Examples:
  patchline lab                         try everything in a browser: phones that ring, nothing to set up
  patchline demo --terminal             the main job in this terminal, on a simulated network
  patchline chat                        type to your own set-up
  echo "call +6591234567" | patchline chat --as sam
  patchline serve                       web, chats and dialling in one process
  patchline check                       is everything set up, and if not, what to do
"""

app = typer.Typer(
    name="patchline",
    help="Telephone calls by chat: type a sentence, Patchline places the call at its second.",
    epilog=_EXAMPLES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
db = typer.Typer(no_args_is_help=True, help="The database.")
app.add_typer(db, name="db")
slack = typer.Typer(no_args_is_help=True, help="The Slack app.")
app.add_typer(slack, name="slack")


def main() -> None:
    """The console script. Exit codes: 0 done, 1 something is out of reach, 2 wrong settings or usage."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without “quotes” still gets the sentence
    with _said_plainly():
        app()


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Mistakes that people can mend end the program with a sentence, not with a traceback."""
    try:
        yield
    except ConfigError as mistakes:
        _complain(*mistakes.problems)
        raise SystemExit(2) from None
    except StorageUnavailable as gone:
        _complain(f"The database cannot be reached{f': {gone}' if str(gone) else ''}.")
        raise SystemExit(1) from None
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more while closing it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


def _complain(*problems: str) -> None:
    for problem in problems:
        typer.echo(f"patchline: {problem}", err=True)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"patchline {version('patchline')}")
        raise typer.Exit


@app.callback()
def _patchline(
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say the version and exit."),
    ] = False,
) -> None:
    """Nothing happens before a command."""


# --- running, and stopping ----------------------------------------------------------------------


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Until it is done, or until Ctrl-C or SIGTERM; a stop is over within 5 seconds, whatever hangs."""
    asyncio.run(_until_stopped(work))


async def _until_stopped(work: Coroutine[Any, Any, None]) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    stopped = threading.Event()

    def stop(*_: object) -> None:
        if not stopped.is_set():
            stopped.set()
            limit = threading.Timer(LAST_WORDS, os._exit, (1,))
            limit.daemon = True
            limit.start()
            loop.call_soon_threadsafe(task.cancel)

    # Not the loop's own handlers: these are heard even while the loop is busy.
    before = {name: signal.signal(name, stop) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        await task
    except asyncio.CancelledError:
        if not stopped.is_set():
            raise
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _log(level: int) -> None:
    """Logs go to standard error: standard output belongs to the chat, or to whoever reads a pipe."""
    import structlog

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Plain tracebacks: the pretty ones print local variables, and those hold tokens and numbers.
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback, colors=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Looked up each time: while a prompt is open, standard error is a stand-in that does not disturb it.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


_INFO, _ERROR = 20, 40


def _settings() -> "Settings":
    from bot.compose import settings_from

    return settings_from()


# --- commands -----------------------------------------------------------------------------------


@app.command()
def demo(
    terminal: Annotated[bool, typer.Option("--terminal", help="A chat here instead of the lab.")] = False,
) -> None:
    """See it at work, with nothing to set up.

    The phone lab in your browser. With --terminal a chat in this terminal; piped, a tour plays by itself.
    """
    from adapters.chat.console import is_interactive

    if not terminal and is_interactive(sys.stdin, sys.stdout):
        _open_lab(None, browse=True)
        return
    from bot.demo import run_demo

    _log(_ERROR)
    _run(run_demo(stdin=sys.stdin, stdout=sys.stdout))


@app.command()
def lab(
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="0 picks a free one. [default: PORT, else 8080, or the next free one]"
        ),
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open it in the browser.")] = True,
) -> None:
    """Try everything in a browser.

    A chat and ringing phones on a page of this machine, on a simulated network: nothing to set up, nobody is
    really called. Runs until Ctrl-C.
    """
    _open_lab(port, browse=browser)


def _open_lab(port: int | None, *, browse: bool) -> None:
    from bot.lab import run_lab

    _log(_ERROR)
    _run(run_lab(port=port, browse=browse, say=_announce))


def _announce(words: str) -> None:
    typer.echo(words)
    sys.stdout.flush()


@app.command("lab-server", hidden=True)
def lab_server(job: str) -> None:
    """What `lab` starts, and starts again."""
    from bot.lab import Job, run_lab_server

    _log(_ERROR)
    _run(run_lab_server(Job.from_text(job)))


@app.command()
def serve(
    lab: Annotated[
        bool, typer.Option("--lab", help="With the phone lab at /; on the simulated network only.")
    ] = False,
) -> None:
    """Run it: web, chats and dialling in one process."""
    _log(_INFO)
    if lab:
        from bot.lab import run_serve_with_lab

        _run(run_serve_with_lab(_settings()))
        return
    from bot.modes import run_serve

    _run(run_serve(_settings()))


@app.command()
def worker() -> None:
    """Lend a hand with dialling.

    Dials and reconciles only, beside a `serve` on the same PostgreSQL.
    """
    from bot.modes import run_worker

    _log(_INFO)
    _run(run_worker(_settings()))


@app.command(
    epilog="""\b
Piped, each line is a message (or the number or label of a button); at the end of the input
Patchline stays until the calls already placed have ended.
With --json, a line is {"text": …} or {"press": action}, and so is every line that comes back:
{room, kind: card|reply|question|error, call, state, text, buttons: [{label, action}]}
"""
)
def chat(
    person: Annotated[str, typer.Option("--as", metavar="NAME", help="Who types.")] = "me",
    room: Annotated[str, typer.Option(metavar="NAME", help="The room it is typed in.")] = "console",
    as_json: Annotated[bool, typer.Option("--json", help="Speak JSON, one object a line.")] = False,
) -> None:
    """Type to your own set-up.

    The console, on the configured database and voice provider.
    """
    from bot.modes import run_chat

    _log(_ERROR)
    _run(run_chat(_settings(), person=person, room=room, as_json=as_json, stdin=sys.stdin, stdout=sys.stdout))


@app.command()
def network(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free one.")] = 8300,
    host: Annotated[str, typer.Option(help="An address of this machine alone.")] = "127.0.0.1",
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Phones, numbers, prices (docs/simulator.md).")
    ] = None,
) -> None:
    """Run the simulated phone network by itself.

    Several processes can share it, and it outlives them: point SIMULATOR_URL at it.
    """
    from adapters.clock import SystemClock
    from adapters.voice.simulator.config import load_config
    from adapters.voice.simulator.network import Network
    from adapters.voice.simulator.server import serve_network

    def say(listening: int) -> None:
        _announce(f"The simulated network answers at http://{host}:{listening}")

    _log(_INFO)
    world = Network(SystemClock(), load_config(config))
    try:
        _run(serve_network(world, host, port, on_listening=say))
    except (OSError, ValueError) as problem:
        _complain(f"{host}:{port}: {problem}")
        raise typer.Exit(2) from None


@app.command()
def parse(
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="A JSON record a line in, a JSON meaning a line out.")
    ] = False,
) -> None:
    """Say what sentences mean, and do nothing."""
    if not jsonl:
        _complain("Records are read as JSON lines: patchline parse --jsonl < records.jsonl")
        raise typer.Exit(2)
    from bot.parse.jsonl import run

    for line in run(sys.stdin):
        sys.stdout.write(line.rstrip("\n") + "\n")


@app.command()
def check() -> None:
    """Look everything over, and dial nothing.

    Exit code 2 when something has to be mended.
    """
    from bot.services.checks import unusable

    try:
        report = asyncio.run(_check(_settings()))
    except ConfigError as mistakes:
        report = unusable(mistakes)
    _show(report)
    raise typer.Exit(report.exit_code)


async def _check(settings: "Settings") -> "Report":
    from adapters.clock import SystemClock
    from bot.compose import make_chats, make_ledger, make_providers
    from bot.services.checks import check as look_over
    from storage.engine import upgrade as upgrade_database

    if settings.is_sqlite:
        # As every way of running does at its start; a fresh machine is in order. Out of reach is said below.
        with suppress(StorageUnavailable):
            await upgrade_database(settings.database_url)
    clock = SystemClock()
    ledger, providers = make_ledger(settings, clock), make_providers(settings, clock)
    try:
        return await look_over(
            settings, providers=providers, chats=make_chats(settings, clock), ledger=ledger
        )
    finally:
        for provider in providers.values():
            await provider.close()
        await ledger.close()


def _show(report: "Report") -> None:
    for section in report.sections:
        typer.echo(section.title.capitalize())
        width = max((len(row.name) for row in section.rows), default=0)
        for row in section.rows:
            words = f"{row.value}{f'  ({row.source})' if row.source else ''}"
            first, *rest = textwrap.wrap(words, 100 - width, break_on_hyphens=False) or [""]
            typer.echo(f"  {row.name:<{width}}  {first}")
            for line in rest:
                typer.echo(f"  {'':<{width}}  {line}")
        typer.echo("" if section.rows else "  none\n")
    for hint in report.hints:
        typer.echo(f"Note: {hint}")
    for problem in report.problems:
        typer.echo(f"Wrong: {problem}")
    typer.echo("Everything is in order." if not report.problems else f"To mend: {len(report.problems)}.")


@app.command()
def audit() -> None:
    """Account for every call and every placement.

    Exit code 1 when something does not add up.
    """
    from bot.modes import run_audit

    _log(_ERROR)
    raise typer.Exit(asyncio.run(run_audit(_settings(), typer.echo)))


@db.command()
def upgrade() -> None:
    """Bring the database to the schema of this version. Harmless twice."""
    from storage.engine import upgrade as bring_up_to_date

    settings = _settings()
    asyncio.run(bring_up_to_date(settings.database_url))
    typer.echo("The database is up to date.")


@slack.command()
def manifest(
    command: Annotated[
        str | None, typer.Option(metavar="/NAME", help="Slash command, where not PATCHLINE_SLACK_COMMAND.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Slack calls us there, where not at PUBLIC_URL.")
    ] = None,
    socket: Annotated[bool, typer.Option("--socket", help="Socket Mode, whatever PUBLIC_URL says.")] = False,
) -> None:
    """Print the app for Slack's “From a manifest”.

    By Socket Mode, unless PUBLIC_URL is set and SLACK_APP_TOKEN is not.
    """
    import json

    from adapters.chat.slack import ManifestSettings
    from adapters.chat.slack.manifest import manifest as made
    from bot.config import load_alone

    given = {"PATCHLINE_SLACK_COMMAND": command, "PUBLIC_URL": url}
    options = load_alone(ManifestSettings, {name: value for name, value in given.items() if value})
    settings = load_alone(ManifestSettings)
    by_socket = socket or (settings.app_token is not None and not url)
    public_url = None if by_socket else options.public_url or settings.public_url
    typer.echo(json.dumps(made(options.command if command else settings.command, public_url), indent=2))


if __name__ == "__main__":
    main()
