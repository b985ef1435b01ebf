"""Routes that are worked out once. FastAPI finds out for every application anew what each route of
an included router takes and gives; with an application for every test that was a fifth of the
suite's time, and always with the same outcome.
"""

from typing import Any

from fastapi.routing import APIRoute, _EffectiveRouteContext, _RouterIncludeContext

_work_out = _EffectiveRouteContext.from_api_route


class Remembered(_EffectiveRouteContext):
    """Keeps what was found out at the route that it was found out of: for as long as that one is
    there, and for routers included in the same way."""

    @classmethod
    def from_api_route(
        cls, *, original_route: APIRoute, include_context: _RouterIncludeContext
    ) -> _EffectiveRouteContext:
        """What FastAPI itself gives, from before where there is one."""
        way = _way_of(include_context)
        known: list[tuple[Any, _EffectiveRouteContext]]
        known = vars(original_route).setdefault("_known_in_tests", [])
        for one, context in known:
            if one == way:
                return context
        context = _work_out(original_route=original_route, include_context=include_context)
        known.append((way, context))
        return context


def _way_of(context: _RouterIncludeContext) -> tuple[Any, ...]:
    """All that a route is worked out of, but for the application: it only provides overrides of
    dependencies, and there are none."""
    return (
        context.prefix,
        context.tags,
        context.dependencies,
        context.responses,
        context.callbacks,
        context.deprecated,
        context.include_in_schema,
        context.max_body_size,
        context.form_limits,
    )
