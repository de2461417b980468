"""Every check of the project, by one name each. ``nox -l`` lists them."""

import nox

nox.needs_version = ">=2026.2.9"
nox.options.sessions = ["tests", "lint", "types", "drift"]
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False

PROJECT = nox.project.load_toml("pyproject.toml")


def install(session: nox.Session, *groups: str, extras: str = "[aio,emulator]") -> None:
    """Install the package from this checkout, and the dependency groups named."""
    session.install("-e", f".{extras}", *nox.project.dependency_groups(PROJECT, *groups))


@nox.session
def demo(session: nox.Session) -> None:
    """Send a message through the local emulator and watch it arrive."""
    install(session, "samples")
    session.run("python", "samples/quickstart.py")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the test-suite."""
    install(session, "test")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    session.install(*nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Type-check the package, the generator, the tests and this file."""
    install(session, "types")
    session.run("mypy")
    session.run("pyright")


@nox.session
def generate(session: nox.Session) -> None:
    """Rewrite ``rest/`` from the documents in ``swagger/``."""
    session.install(*nox.project.dependency_groups(PROJECT, "codegen"))
    session.run("python", "-m", "codegen", *session.posargs)


@nox.session
def drift(session: nox.Session) -> None:
    """Fail if ``rest/`` is not what the documents in ``swagger/`` generate."""
    session.install(*nox.project.dependency_groups(PROJECT, "codegen"))
    session.run("python", "-m", "codegen", "--check")
