"""Routes: functions that answer one kind of request, with all that is documented about them.

A handler says in its signature what it takes. A parameter `body` or `query` with a request class is parsed and
validated before the handler runs; the others are parts of the path.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Final, TypeVar, get_type_hints

from attrs import field, frozen

from actors.model import Role
from net.http.streams import Producer

Handler = Callable[..., Awaitable["Reply"]]
HandlerT = TypeVar("HandlerT", bound=Handler)

PART: Final = re.compile(r"<(\w+)>")
"""A part of a path that varies, with its name."""


@frozen
class Reply:
    """An answer: a JSON value (None: an empty body), its status, and headers of its own.

    Instead of a value, `html` is a page, `raw` a body as it is sent, and `stream` sends JSON values, a line for
    each as they come.
    """

    value: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    html: str | None = None
    raw: bytes | None = None
    stream: Producer | None = None


@frozen
class Route:
    """One operation of the API.

    `role` is the least that a caller needs, None where nobody has to sign in; `keys` says whether an agent's key will
    do. `answer` is the shape of the reply. `atomic`: the handler hands the idempotency key on to the commit itself.
    `form`: the body is a form, of which the body class has the fields, instead of JSON. `stream`: the reply is one, of
    lines that have the shape `answer`. `any_query`: what others have added to the address is let be. `refuses`: errors
    of this operation beyond those that `causes_of` knows of every route of its kind.
    """

    method: str
    path: str
    handler: Handler
    tag: str
    role: Role | None
    keys: bool
    status: int
    answer: Any
    atomic: bool
    body: type[Any] | None
    query: type[Any] | None
    form: bool = False
    stream: bool = False
    any_query: bool = False
    refuses: tuple[type[Exception], ...] = ()


class Routes:
    """The operations of one part of the API, collected by decorators."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.collected: list[Route] = []

    def add(
        self,
        method: str,
        path: str,
        *,
        role: Role | None = Role.VIEWER,
        keys: bool = False,
        status: int = 200,
        answer: Any = None,
        atomic: bool = False,
        form: bool = False,
        stream: bool = False,
        any_query: bool = False,
        refuses: Collection[type[Exception]] = (),
    ) -> Callable[[HandlerT], HandlerT]:
        """Collect the decorated handler as the answer to a method at a path, such as `/agents/<agent_id>`."""

        def collect(handler: HandlerT) -> HandlerT:
            hints = get_type_hints(handler)
            self.collected.append(
                Route(
                    method=method,
                    path=path,
                    handler=handler,
                    tag=self.tag,
                    role=role,
                    keys=keys,
                    status=status,
                    answer=answer,
                    atomic=atomic,
                    body=hints.get("body"),
                    query=hints.get("query"),
                    form=form,
                    stream=stream,
                    any_query=any_query,
                    refuses=tuple(refuses),
                )
            )
            return handler

        return collect
