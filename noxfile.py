"""Every check of the project, by one name each. ``nox -l`` lists them."""

import os
import shutil
import tarfile
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2026.2.9"
nox.options.sessions = ["tests", "lint", "types", "drift"]
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False

PROJECT = nox.project.load_toml("pyproject.toml")
DIST = Path("dist")
AZURE_CORE = "1.41.0"  # whose test-suite tests/azure_core/differences.toml is about
# Spector, and what its specifications need: the newest that run on Node.js 20.
SPECTOR = (
    *(f"@typespec/{name}@1.8.0" for name in ("compiler", "http", "openapi", "openapi3", "json-schema")),
    *(f"@typespec/{name}@0.78.0" for name in ("rest", "versioning", "xml", "events", "sse", "streams")),
    "@typespec/http-specs@0.1.0-alpha.30",
    "@typespec/spector@0.1.0-alpha.22",
    "@azure-tools/azure-http-specs@0.1.0-alpha.36",
    "@azure-tools/typespec-azure-core@0.64.0",
    "@azure-tools/typespec-azure-resource-manager@0.64.0",
    "@azure-tools/typespec-client-generator-core@0.64.1",
)
GENERATOR = Path("codegen")
GENERATOR_DIST = DIST / "codegen"

# pyenv's commands fail for all but the active version, though the interpreters are there.
os.environ["PATH"] = os.pathsep.join(
    [os.environ["PATH"], *map(str, Path("~/.pyenv/versions").expanduser().glob("3.*/bin"))]
)


def install(
    session: nox.Session, *groups: str, extras: str = "[aio,emulator,applications,protobuf,command]"
) -> None:
    """Install the package and its generator from this checkout, and the dependency groups named."""
    dependencies = nox.project.dependency_groups(PROJECT, *groups)
    session.install("-e", f".{extras}", "-e", str(GENERATOR), *dependencies)


@nox.session
def demo(session: nox.Session) -> None:
    """Send a message through the local emulator and watch it arrive."""
    install(session, "demo")
    session.run("python", "samples/quickstart.py")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the test-suite, on every processor unless arguments say what to run."""
    install(session, "test")
    session.run("python", "-m", "pytest", *(session.posargs or ("--numprocesses", "auto")))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    session.install(*nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Type-check the package, the generator, the tests and this file; all that is public has a known type."""
    install(session, "types")
    session.run("mypy")
    session.run("pyright")
    session.run("pyright", "--verifytypes", "azure.messaging.webpubsubservice", "--ignoreexternal")


@nox.session
def generate(session: nox.Session) -> None:
    """Rewrite ``rest/`` from the documents in ``swagger/``."""
    session.install("-e", str(GENERATOR))
    session.run("openapi-request-builders", *session.posargs)


@nox.session
def drift(session: nox.Session) -> None:
    """Fail if ``rest/`` is not what the documents in ``swagger/`` generate."""
    session.install("-e", str(GENERATOR))
    session.run("openapi-request-builders", "--check")


@nox.session
def samples(session: nox.Session) -> None:
    """Run every sample, and every code block of README and documentation, against the emulator."""
    install(session, "test")
    session.run("python", "-m", "pytest", "tests/samples", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation into ``docs/_build/html``; a warning is an error."""
    install(session, "docs")
    session.run("sphinx-build", "-E", "-W", "-n", "--keep-going", "-b", "html", "docs", "docs/_build/html")


@nox.session
def conformance(session: nox.Session) -> None:
    """Check what generated code sends with Microsoft's test server for generators. Needs Node.js and npm."""
    install(session, "types")
    folder = session.create_tmp()
    server = "@microsoft.azure/autorest.testserver"
    options = ("--prefix", folder, "--no-audit", "--no-fund", "--prefer-offline")
    session.run("npm", "install", *options, f"{server}@3.3.51", external=True)
    session.run("python", "-m", "tests.conformance.run", f"{folder}/node_modules/{server}", folder)
    with session.chdir(folder):
        session.run("mypy", "--strict", "--namespace-packages", "--explicit-package-bases", "conformance")


@nox.session
def spector(session: nox.Session) -> None:
    """Check generated code with the mock server of TypeSpec's emitters. Needs Node.js 20 and npm."""
    install(session, "types")
    folder = session.create_tmp()
    options = ("--prefix", folder, "--no-audit", "--no-fund", "--prefer-offline", "--save-exact")
    session.run("npm", "install", *options, *SPECTOR, external=True)
    session.run("python", "-m", "tests.spector.run", folder)


@nox.session
def documents(session: nox.Session) -> None:
    """Generate from any documents, and compare each builder's requests with them: ``-- FOLDER``."""
    install(session, "types")
    session.run("python", "-m", "tests.documents.run", *session.posargs)


@nox.session
def configurations(session: nox.Session) -> None:
    """Read AutoRest configurations as they were found, with their documents: ``-- FOLDER``."""
    install(session)
    if not session.posargs:
        session.error("Name a folder: nox -s configurations -- FOLDER")
    session.run("python", "-m", "tests.configurations.run", *session.posargs)


@nox.session
def peers(session: nox.Session) -> None:
    """Compare what this package puts on the wire with the published packages."""
    install(session, "test")
    pythons = [f"{version}={published(session, version)}" for version in ("1.0.0b1", "1.3.0")]
    session.run("python", "-m", "tests.peers.compare", *pythons)


@nox.session
def digitalocean(session: nox.Session) -> None:
    """Compare builders of DigitalOcean's public document with its own client: ``-- DOCUMENT``."""
    install(session, "test")
    python = published(session, "0.44.0", name="pydo")
    document, *options = session.posargs or session.error("Name the document: nox -s digitalocean -- FILE")
    session.run("python", "-m", "tests.peers.digitalocean", document, python, *options)


@nox.session
def schemathesis(session: nox.Session) -> None:
    """Call the emulator as schemathesis makes it up from the documents in ``swagger/``."""
    install(session, "test", "schemathesis")
    session.run("python", "-m", "pytest", "tests/emulator/conformance.py", *session.posargs)


@nox.session
def official(session: nox.Session) -> None:
    """Run the service's own packages for Python and JavaScript against the emulator (needs npm)."""
    install(session, "test")
    python = published(session, "1.3.0")
    folder = session.create_tmp()
    packages = (
        "@azure/web-pubsub@1.2.0",
        "@azure/web-pubsub-client@1.1.0",
        "@azure/web-pubsub-express@1.1.0",
        "express@5",
    )
    session.run("npm", "install", "--silent", "--no-save", "--prefix", folder, *packages, external=True)
    session.run("python", "-m", "tests.emulator.official", python, folder)


@nox.session
def browser(session: nox.Session) -> None:
    """Use the playground in a headless Chromium (Debian: ``apt-get install chromium chromium-driver``)."""
    missing = [program for program in ("chromium", "chromedriver") if shutil.which(program) is None]
    if missing:
        session.skip(f"{' and '.join(missing)} not installed: apt-get install chromium chromium-driver")
    install(session, "browser", extras="[emulator,protobuf]")
    session.run("python", "-m", "pytest", "tests/browser", *(session.posargs or ("--numprocesses", "auto")))


@nox.session
def azure_core(session: nox.Session) -> None:
    """Run azure-core's own test-suite with this package's transports, then its client, in their place."""
    folder = Path(session.create_tmp()).resolve()
    install(session, extras="[aio]")
    tools = ("pytest>=9.0.0", "pytest-asyncio>=1.3.0", "pytest-trio", "trio", "flask", "opentelemetry-sdk")
    session.install(f"azure-core=={AZURE_CORE}", *tools, "opentelemetry-instrumentation-requests")
    source = folder / f"azure_core-{AZURE_CORE}"
    if not source.exists():
        download = ("pip", "download", "--quiet", "--no-deps", "--no-binary", "azure-core")
        session.run("python", "-m", *download, "--dest", str(folder), f"azure-core=={AZURE_CORE}")
        with tarfile.open(folder / f"azure_core-{AZURE_CORE}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
    tests = source / "tests"
    session.install(str(tests / "testserver_tests" / "coretestserver"))
    modules = ("", "async_tests", "specs_sdk/modeltypes", "specs_sdk")
    paths = [Path("tests/azure_core").resolve(), *(tests / module for module in modules)]
    # Tests of spans that need a storage account.
    live = ("async_tests/test_tracing_live_async.py", "test_tracing_live.py")
    left_out = [f"--ignore={name}" for name in live]
    with session.chdir(tests):
        for substitute in ("transports", "client"):
            environment = {"SUBSTITUTE": substitute, "PYTHONPATH": os.pathsep.join(map(str, paths))}
            settings = ("-c", str(paths[0] / "pytest.ini"), "--rootdir", str(tests))
            options = (*settings, "-q", "-p", "substitute", "-p", "no:cacheprovider", "-W", "ignore")
            session.run("python", "-m", "pytest", *options, *left_out, *session.posargs, env=environment)


@nox.session
def soak(session: nox.Session) -> None:
    """Send 100,000 messages through faults, and check that the emulator delivers what was accepted."""
    install(session, "test")
    session.run("python", "-m", "tests.faults.soak", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the client beside others (``-- --quick``: a minute; ``-- --tricks``: each trick of its own)."""
    # Not an editable install: importing is part of what is measured.
    session.install(".[aio]", *nox.project.dependency_groups(PROJECT, "bench"))
    if "--tricks" in session.posargs:
        session.run("python", "-m", "benchmarks.client", *session.posargs)
        return
    python = published(session, "1.3.0", "aiohttp>=3.11.0")
    session.run("python", "-m", "benchmarks.client", "--published", python, *session.posargs)
    quick = [option for option in session.posargs if option == "--quick"]
    session.run("python", "-m", "benchmarks.senders", *quick)


@nox.session
def bench_generator(session: nox.Session) -> None:
    """Measure the generator (``-- DOCUMENT ...``: on those), and importing what it generates."""
    session.install("-e", str(GENERATOR), "azure-core")
    session.run("python", "-m", "benchmarks.codegen", *session.posargs)
    peers = published(session, "0.44.0", "openapi-python-client==0.29.1", name="pydo")
    session.run("python", "-m", "benchmarks.generated", "--peers", peers)


@nox.session
def load(session: nox.Session) -> None:
    """Measure how the emulator carries 2,000 clients, beside a bare aiohttp loop (``-- --quick``: a look)."""
    session.install(".[emulator]", *nox.project.dependency_groups(PROJECT, "tokens"))
    session.run("python", "-m", "benchmarks.emulator", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Make wheels and sdists in ``dist/``, check them, and try the wheels where there are no sources."""
    session.install(*nox.project.dependency_groups(PROJECT, "build"))
    shutil.rmtree(DIST, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(DIST))  # the wheel is built from the sdist
    session.run("python", "-m", "build", "--outdir", str(GENERATOR_DIST), str(GENERATOR))
    session.run("twine", "check", "--strict", *map(str, (*DIST.glob("*.*"), *GENERATOR_DIST.glob("*.*"))))
    session.install(
        f"{wheel()}[aio,emulator,applications,protobuf,command]",
        str(wheel(GENERATOR_DIST)),
        *nox.project.dependency_groups(PROJECT, "test"),
    )
    # An older one of the same version would stay.
    session.install("--no-deps", "--force-reinstall", str(wheel()), str(wheel(GENERATOR_DIST)))
    run_tests_elsewhere(session, "tests/packaging")


@nox.session(python=["3.10", "3.11", "3.12", "3.13"], requires=["build"], download_python="never")
@nox.parametrize("resolution", ["lowest-direct", "highest"])
def packaging(session: nox.Session, resolution: str) -> None:
    """Run the test-suite against the wheels, with the lowest or the newest dependencies."""
    session.install(*nox.project.dependency_groups(PROJECT, "packaging"))
    uv = ("uv", "pip", "install", "--python", f"{session.bin}/python")
    projects = ("--requirements", "pyproject.toml", "--requirements", str(GENERATOR / "pyproject.toml"))
    session.run(*uv, "--resolution", resolution, *projects, "--all-extras", "--group", "test")
    session.run(*uv, "--no-deps", "--reinstall", str(wheel()), str(wheel(GENERATOR_DIST)))
    run_tests_elsewhere(session, *session.posargs)


def published(session: nox.Session, version: str, *more: str, name: str = PROJECT["project"]["name"]) -> str:
    """Install a published version in an environment of its own, and return its interpreter."""
    environment = Path(session.create_tmp()) / version
    python = str(environment / ("Scripts" if os.name == "nt" else "bin") / "python")
    if not environment.exists():
        session.run("python", "-m", "venv", str(environment))
    session.run(python, "-m", "pip", "install", "--quiet", f"{name}=={version}", *more, external=True)
    return python


def wheel(folder: Path = DIST) -> Path:
    """Find the wheel that the session ``build`` made."""
    (path,) = folder.glob("*.whl")
    return path


def run_tests_elsewhere(session: nox.Session, *arguments: str) -> None:
    """Run tests in an unpacked sdist without the package, so that the installed one is what they import."""
    (sdist,) = DIST.glob("*.tar.gz")
    environment = {"DISTRIBUTIONS": str(DIST.resolve())}
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        (root,) = Path(folder).iterdir()
        with session.chdir(root):
            if not arguments:  # a test of the generator copies the sources of the package
                session.run("python", "-m", "pytest", "tests/codegen")
                arguments = ("--ignore=tests/codegen",)
            shutil.rmtree("azure")
            session.run("python", "-m", "pytest", *arguments, env=environment)
