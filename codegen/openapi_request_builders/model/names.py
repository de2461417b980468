"""Convert names on the wire to Python names."""

import re
from itertools import groupby
from keyword import iskeyword
from unicodedata import normalize

_LOWER = r"[^\W\d_A-Z]"  # letters of other scripts count as lower case
_WORDS = re.compile(
    rf"""[A-Z]+s(?!{_LOWER})\d*          # IDs, URLs
    | [A-Z]+\d+[A-Z]+(?!{_LOWER})\d*  # P2S
    | [A-Z]+(?!{_LOWER})\d*             # SQL, HTTP2
    | [A-Z]?{_LOWER}+\d*                # word, Word, sha256
    | \d+(?:[A-Z]{{1,3}}(?!{_LOWER}|[A-Z])|{_LOWER}+)?\d*  # 2fa, 3D""",
    re.VERBOSE,
)

# Names that a builder uses itself, and the keywords of azure-core's pipeline and transports: if arguments are
# passed on, a parameter with such a name could not be distinguished from the keyword.
RESERVED = frozenset(
    (
        *(
            "accept",
            "cls",
            "content",
            "content_type",
            "files",
            "headers",
            "json",
            "list_request",
            "params",
            "polling",
            "request",
        ),
        *("self", "stream", "timeout"),
        *("base_user_agent", "sdk_moniker", "user_agent", "user_agent_overwrite", "user_agent_use_env"),
        *(
            "connection_cert",
            "connection_data_block_size",
            "connection_timeout",
            "connection_verify",
            "cookies",
        ),
        *("logger", "logging_enable", "network_span_namer", "proxies", "raise_on_status", "read_timeout"),
        *("permit_redirects", "redirect_max", "redirect_on_status_codes", "redirect_remove_headers"),
        *("request_id", "response_encoding", "tracing_attributes", "use_env_settings"),
        *("retry_backoff_factor", "retry_backoff_max", "retry_connect", "retry_mode", "retry_on_methods"),
        *("retry_on_status_codes", "retry_read", "retry_status", "retry_total"),
    )
)


def words(name: str) -> list[str]:
    """Split a name into words in lower case, without a word that repeats the previous one."""
    usable = "".join(char if f"_{char}".isidentifier() else " " for char in normalize("NFKC", name))
    found = (word.lower() for word in _WORDS.findall(usable))
    return [word for word, _ in groupby(found)]


def snake(name: str) -> str:
    """Convert a name to snake case: ``listSQLConnections2`` becomes ``list_sql_connections2``."""
    return normalize("NFKC", "_".join(words(name)))


def argument(name: str) -> str:
    """Return the name of the argument for a parameter."""
    name = snake(name) or "parameter"
    if not name.isidentifier():
        name = f"_{name}" if f"_{name}".isidentifier() else "parameter"
    return f"{name}_parameter" if iskeyword(name) or name in RESERVED else name


def member(name: str) -> str:
    """Return an operation's part of its builder's name; ``import`` becomes ``import_method``."""
    name = snake(name) or "operation"
    return f"{name}_method" if iskeyword(name) else name


def module(name: str) -> str:
    """Return the name of the module for an operation group, with AutoRest's suffix for keywords."""
    name = snake(name) or "group"
    name = name if name.isidentifier() else f"group_{name}"
    return f"{name}_builders" if iskeyword(name) else name


def constant(name: str) -> str:
    """Return the name of a constant. It differs from the argument even in scripts without capitals."""
    plain = re.sub(r"\W", "_", name)
    upper = plain.upper() if plain.upper() != plain else f"{plain}_RULES"
    return upper if upper.isidentifier() else f"_{upper}"
