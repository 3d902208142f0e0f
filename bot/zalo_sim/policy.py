"""The headers of the simulator's pages."""

from __future__ import annotations


def headers(form_action: str = "'none'") -> dict[str, str]:
    """Nothing inline, nothing foreign. `form_action` says where a form of the page may lead."""
    return {
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'; base-uri 'none'; form-action {form_action}; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
