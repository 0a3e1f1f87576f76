"""Compare where an operation is served and who may call it; what it does not say, its path or the document says."""

from __future__ import annotations

from typing import Any

from tools.document import pointer as pointers
from tools.drift.compare.documents import Compared, Part
from tools.schema.schemas import canonical_json


def compare_servers(result: Compared, old: tuple[Part, Part], new: tuple[Part, Part]) -> None:
    (before, at), (after, there) = _servers_of(*old), _servers_of(*new)
    lost, gained = [u for u in before if u not in after], [u for u in after if u not in before]
    if len(lost) == len(gained) == 1:
        result.change("request", "server-changed", f"{at}/{before.index(lost[0])}", True, lost[0], gained[0])
        return
    for url in lost:
        result.change("request", "server-removed", f"{at}/{before.index(url)}", True, old=url)
    for url in gained:
        result.change("request", "server-added", f"{there}/{after.index(url)}", False, new=url)


def _servers_of(item: Part, operation: Part) -> tuple[list[str], str]:
    for _, holder, at in (operation, item, Part(item.side, item.side.document, "#")):
        if holder.get("servers"):
            urls = []
            for server in holder["servers"]:
                values = {key: value.get("default") for key, value in server.get("variables", {}).items()}
                url = str(server.get("url", "/")).rstrip("/") or "/"
                urls.append(f"{url}{f' with {canonical_json(values)}' if values else ''}")
            return urls, f"{at}/servers"
    return ["/"], "#/servers"


def compare_security(result: Compared, old: Part, new: Part) -> None:
    (before, at), (after, there) = _security_of(old), _security_of(new)
    lost, gained = sorted(before - after), sorted(after - before)
    if lost == gained:
        return
    was, now = " or ".join(sorted(before)), " or ".join(sorted(after))
    if "nothing" in before and "nothing" not in after:
        result.change("request", "security-added", there, False, new=now)
    elif "nothing" in after and "nothing" not in before:
        result.change("request", "security-removed", at, True, old=was)
    elif len(lost) == len(gained) == 1:
        result.change("request", "security-changed", at, True, lost[0], gained[0])
    else:
        for way in lost:
            result.change("request", "security-alternative-removed", at, True, old=way)
        for way in gained:
            result.change("request", "security-alternative-added", there, False, new=way)


def _security_of(operation: Part) -> tuple[set[str], str]:
    """Return the security alternatives, each by its schemes' content, not by their names."""
    at = operation.at if "security" in operation.value else "#"
    document = operation.side.document
    requirements = operation.value.get("security", document.get("security")) or [{}]
    schemes = document.get("components", {}).get("securitySchemes", {})
    ways = set()
    for requirement in requirements:
        parts = []
        for name, scopes in sorted(requirement.items()):
            scheme, _ = pointers.follow(document, schemes.get(name, {}))
            parts.append(" ".join([*_words(scheme), *sorted(map(str, scopes or ())), *_flows(scheme)]) or name)
        ways.add(" and ".join(sorted(parts)) or "nothing")
    return ways, f"{at}/security"


def _words(scheme: dict[str, Any]) -> list[str]:
    """Say what a scheme is. Case is irrelevant in names of schemes and headers (RFC 9110, sections 5.1 and 11.1)."""
    words = {key: str(scheme[key]) for key in ("type", "scheme", "in", "name", "openIdConnectUrl") if key in scheme}
    blind = ["scheme", *(["name"] if words.get("in") == "header" else [])]
    return [word.lower() if key in blind else word for key, word in words.items()]


def _flows(scheme: dict[str, Any]) -> list[str]:
    """Describe where a scheme gets its tokens; scopes that it does not require do not count."""
    flows = scheme.get("flows", {})
    kept = {name: {key: flow[key] for key in flow if key != "scopes"} for name, flow in flows.items()}
    return [f"with {canonical_json(kept)}"] if kept else []
