"""Permission and tokens: codes and refresh tokens of one use, PKCE, and where the browser is sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from bot.zalo_sim import Call, Simulator
from bot.zalo_sim.errors import ApiError
from bot.zalo_sim.tokens import challenge_of
from tests.bot.zalo_sim.conftest import Listener

VERIFIER = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN012"
CHALLENGE = "4y9eyB5RUs2uTTfVDP523qfhHa8VtAZl-nf_YdKBQYU"


def permission_url(zalo: Simulator, listener: Listener, **changed: str) -> str:
    query = {
        "app_id": zalo.credentials.app_id,
        "redirect_uri": f"{listener.url}/zalo/oauth/callback",
        "code_challenge": CHALLENGE,
        "state": "một trạng thái & hơn",
    }
    return f"{zalo.url}/v4/oa/permission?{urlencode(query | changed)}"


def code_of(zalo: Simulator, listener: Listener, **changed: str) -> str:
    address = zalo.consent(permission_url(zalo, listener, **changed))
    return parse_qs(urlsplit(address).query)["code"][0]


def ask(zalo: Simulator, secret: str = "", **fields: str) -> dict[str, Any]:
    response = httpx.post(
        f"{zalo.url}/v4/oa/access_token",
        data={"app_id": zalo.credentials.app_id} | fields,
        headers={"secret_key": secret or zalo.credentials.app_secret},
        trust_env=False,
    )
    assert response.status_code == 200
    return dict(response.json())


def exchange(zalo: Simulator, code: str, verifier: str = VERIFIER) -> dict[str, Any]:
    return ask(zalo, grant_type="authorization_code", code=code, code_verifier=verifier)


def refresh(zalo: Simulator, token: str) -> dict[str, Any]:
    return ask(zalo, grant_type="refresh_token", refresh_token=token)


def account_error(zalo: Simulator, token: str) -> int:
    response = httpx.get(f"{zalo.url}/v2.0/oa/getoa", headers={"access_token": token}, trust_env=False)
    return int(response.json()["error"])


def test_the_challenge_is_that_of_the_known_example() -> None:
    assert challenge_of(VERIFIER) == CHALLENGE


def test_consent_leads_back_with_a_code_that_becomes_tokens(zalo: Simulator, listener: Listener) -> None:
    address = urlsplit(zalo.consent(permission_url(zalo, listener)))
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{listener.url}/zalo/oauth/callback"
    query = parse_qs(address.query)
    assert query["state"] == ["một trạng thái & hơn"]
    assert query["oa_id"] == [zalo.credentials.oa_id]
    pair = exchange(zalo, query["code"][0])
    assert set(pair) == {"access_token", "refresh_token", "expires_in"}
    assert pair["expires_in"] == "90000"
    assert account_error(zalo, pair["access_token"]) == 0


def test_a_code_is_good_once_for_ten_minutes_and_for_whoever_asked(zalo: Simulator, listener: Listener) -> None:
    code = code_of(zalo, listener)
    assert "access_token" in exchange(zalo, code)
    assert "error" in exchange(zalo, code)

    late = code_of(zalo, listener)
    zalo.clock.advance(600)
    assert "error" in exchange(zalo, late)

    stolen = code_of(zalo, listener)
    assert "error" in exchange(zalo, stolen, "z" * 43)
    assert "error" in exchange(zalo, stolen)  # spent all the same
    assert "error" in exchange(zalo, "made-up")


def test_without_a_challenge_no_verifier_is_asked_for(zalo: Simulator, listener: Listener) -> None:
    assert "access_token" in exchange(zalo, code_of(zalo, listener, code_challenge=""), "")
    with pytest.raises(ApiError):
        code_of(zalo, listener, code_challenge="short")


def test_a_refresh_token_is_good_once(zalo: Simulator) -> None:
    first = zalo.issue_tokens()
    second = refresh(zalo, first.refresh_token)
    assert second["refresh_token"] != first.refresh_token
    again = refresh(zalo, first.refresh_token)
    assert again["error"] == -14020
    assert again["error_name"]
    assert "access_token" in refresh(zalo, second["refresh_token"])


def test_tokens_grow_old(zalo: Simulator) -> None:
    pair = zalo.issue_tokens()
    zalo.clock.advance(90_000)
    assert account_error(zalo, pair.access_token) == -220
    zalo.clock.advance(90 * 86_400)
    assert refresh(zalo, pair.refresh_token)["error"] == -14020


def test_the_app_and_its_secret_are_checked_before_anything_is_spent(zalo: Simulator) -> None:
    token = zalo.issue_tokens().refresh_token
    fields = {"grant_type": "refresh_token", "refresh_token": token}
    refused = [
        ask(zalo, secret=zalo.credentials.oa_secret.encode("ascii").decode(), **fields),
        ask(zalo, **fields, app_id="1"),
        ask(zalo, refresh_token=token),
        ask(zalo, grant_type="password", refresh_token=token),
    ]
    assert all(answer["error"] < 0 for answer in refused)
    assert "access_token" in refresh(zalo, token)


def test_tokens_are_asked_for_with_a_form_only(zalo: Simulator) -> None:
    body = {"app_id": zalo.credentials.app_id, "grant_type": "refresh_token", "refresh_token": "x"}
    headers = {"secret_key": zalo.credentials.app_secret}
    response = httpx.post(f"{zalo.url}/v4/oa/access_token", json=body, headers=headers, trust_env=False)
    assert response.status_code == 200
    assert response.json()["error"] not in (0, -14020)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"redirect_uri": "http://127.0.0.1:1/zalo/oauth/callback"}, -14003),
        ({"redirect_uri": ""}, -14003),
        ({"app_id": "1"}, None),
    ],
)
def test_a_wrong_app_or_callback_leads_nowhere(
    zalo: Simulator, listener: Listener, changed: dict[str, str], code: int | None
) -> None:
    url = permission_url(zalo, listener, **changed)
    with pytest.raises(ApiError) as caught:
        zalo.consent(url)
    assert code in (None, caught.value.code)
    page = httpx.get(url, trust_env=False)
    assert page.status_code == 400
    assert str(caught.value.code) in page.text
    assert "location" not in page.headers


def test_a_browser_is_asked_and_sent_back(zalo: Simulator, listener: Listener) -> None:
    url = permission_url(zalo, listener, state='"><script>alert(1)</script>')
    page = httpx.get(url, trust_env=False)
    assert page.status_code == 200
    assert zalo.credentials.oa_name in page.text
    assert "<script" not in page.text
    assert f"form-action 'self' {listener.url};" in page.headers["content-security-policy"]
    form = dict(parse_qs(urlsplit(url).query).items())
    answer = httpx.post(f"{zalo.url}/v4/oa/permission", data=form, trust_env=False)
    assert answer.status_code == 303
    assert parse_qs(urlsplit(answer.headers["location"]).query)["state"] == ['"><script>alert(1)</script>']


def test_a_refresh_whose_answer_is_lost_spends_the_token(zalo: Simulator) -> None:
    pair = zalo.issue_tokens()
    zalo.faults.drop(1, on=Call.TOKEN)
    with pytest.raises(httpx.TransportError):
        refresh(zalo, pair.refresh_token)
    assert refresh(zalo, pair.refresh_token)["error"] == -14020


def test_a_refresh_that_was_never_done_spends_nothing(zalo: Simulator) -> None:
    pair = zalo.issue_tokens()
    zalo.faults.fail(1, -14001, on=Call.TOKEN)
    assert refresh(zalo, pair.refresh_token)["error"] == -14001
    zalo.faults.server_error(1, on=Call.TOKEN)
    response = httpx.post(f"{zalo.url}/v4/oa/access_token", data={}, trust_env=False)
    assert response.status_code == 500
    assert "access_token" in refresh(zalo, pair.refresh_token)


def test_calls_are_noted_without_tokens(zalo: Simulator) -> None:
    pair = zalo.issue_tokens()
    refresh(zalo, pair.refresh_token)
    account_error(zalo, pair.access_token)
    shown = httpx.get(f"{zalo.url}/sim/state", trust_env=False).text
    assert "POST /v4/oa/access_token" in shown
    assert pair.refresh_token not in shown
    assert pair.access_token not in shown
