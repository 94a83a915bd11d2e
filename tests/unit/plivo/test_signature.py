"""Signatures: the vendor's own library, our stand-in and our check agree, and nothing else is believed."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plivo.utils import validate_signature, validate_v3_signature

from adapters.voice.plivo.signature import plain_v3, sign, signed_v2, signed_v3
from bot.ports.http import HttpRequest
from tests.vendors.plivo import signing

TOKEN = "my_auth_token"
NONCE = "12345"
BASE = "https://bot.example.com/plivo/answer"
FORM = "CallUUID=abc&Empty=&From=14155550100&To=14155550101"

VECTORS = [
    ("POST", BASE, FORM, "9D5xSzhYNNhku79vstmHziQ8ZalayQgJEtmmr0bV7cA="),
    ("POST", f"{BASE}?job=7&a=1", FORM, "fS7pGD6X6RskLAqLPnPcJ7DkgRKi0zmA/J8ukkknd2Y="),
    ("POST", f"{BASE}?job=7&a=1", "", "/U1mtBI+281l2KWF2hjJMJtcIqnHLnEI1oprVEsH8VE="),
    ("POST", BASE, "", "haWBNls5C1Glnw8b3Q+1ffI2V/Utaa/LtjwuLnvTmxI="),
    ("GET", f"{BASE}?{FORM}", "", "f+V0aHz5HV6KRJc87+xXzaV5pahzJNLbB/C551cqBww="),
    ("GET", f"{BASE}?{FORM}&job=a%20b", "", "aJSEsmwf593EnsSO1+w6d3TFqDPiMqeTAQVbizBmOck="),
    (
        "POST",
        "https://bot.example.com:8443/plivo/answer?b=%2B1&z=",
        "Digits=2&Digits=1",
        "Oxvc9Wrbpy+2aDJm9HA22z6XN8Q1egL9m7ifcuSkCuY=",
    ),
]


def request(method: str, url: str, body: str = "", **headers: str) -> HttpRequest:
    return HttpRequest(
        method=method,
        url=url,
        path=urlsplit(url).path,
        query=parse_qs(urlsplit(url).query, keep_blank_values=True),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        body=body.encode(),
    )


def signed(method: str, url: str, body: str, signature: str, nonce: str = NONCE) -> HttpRequest:
    return request(method, url, body, x_plivo_signature_v3=signature, x_plivo_signature_v3_nonce=nonce)


@pytest.mark.parametrize(("method", "url", "body", "signature"), VECTORS)
def test_known_signatures(method: str, url: str, body: str, signature: str) -> None:
    assert sign(TOKEN, f"{plain_v3(method, url, body.encode())}.{NONCE}") == signature
    assert signed_v3(signed(method, url, body, signature), TOKEN)
    assert not signed_v3(signed(method, url, body, signature), "another token")
    assert not signed_v3(signed(method, url, body, signature, "54321"), TOKEN)
    assert not signed_v3(signed(method, f"{url}/", body, signature), TOKEN)


def test_any_of_several_signatures_and_the_main_accounts_will_do() -> None:
    method, url, body, right = VECTORS[0]
    assert signed_v3(signed(method, url, body, f"d3Jvbmc=, {right}"), TOKEN)
    main = request(method, url, body, x_plivo_signature_ma_v3=right, x_plivo_signature_v3_nonce=NONCE)
    assert signed_v3(main, TOKEN)


@pytest.mark.parametrize("headers", [{}, {"x_plivo_signature_v3": ""}, {"x_plivo_signature_v3": "\u2603"}])
def test_without_a_signature_nothing_is_believed(headers: dict[str, str]) -> None:
    assert not signed_v3(request("POST", BASE, FORM, **headers), TOKEN)
    bare = request("POST", BASE, FORM, x_plivo_signature_v3=VECTORS[0][3])
    assert not signed_v3(bare, TOKEN), "without a nonce"
    over_nothing = signing.v3(TOKEN, "POST", BASE, {}, "")
    assert not signed_v3(signed("POST", BASE, "", over_nothing, ""), TOKEN), "with an empty nonce"


def test_version_2_covers_the_address_alone() -> None:
    right = "T2cXbt9MHqr+B9Adm/UzPelsCvY7lAvN1cgkMURKYE8="
    headers = {"x_plivo_signature_v2": right, "x_plivo_signature_v2_nonce": NONCE}
    assert signed_v2(request("POST", f"{BASE}?x=1", "anything", **headers), TOKEN)
    assert not signed_v2(request("POST", f"{BASE}s?x=1", "anything", **headers), TOKEN)
    assert signing.v2(TOKEN, f"{BASE}?x=1", NONCE) == right
    assert validate_signature(f"{BASE}?x=1", NONCE, right, TOKEN)


names = st.text(alphabet="ABCabc_1", min_size=1, max_size=6)
values = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
forms = st.dictionaries(names, values, max_size=5)


# The vendor's library breaks on queries beyond ASCII; ours hold nothing else.
queries = st.dictionaries(
    names, st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)), max_size=5
)


@given(form=forms, query=queries, method=st.sampled_from(["GET", "POST"]))
def test_the_vendors_library_the_stand_in_and_we_agree(
    form: dict[str, str], query: dict[str, str], method: str
) -> None:
    form = form if method == "POST" else {}
    url = f"{BASE}?{urlencode(query)}" if query else BASE
    made = signing.v3(TOKEN, method, url, form, NONCE)
    assert signed_v3(signed(method, url, urlencode(form), made), TOKEN)
    assert validate_v3_signature(method, url, NONCE, TOKEN, made, dict(form))
    ours = sign(TOKEN, f"{plain_v3(method, url, urlencode(form).encode())}.{NONCE}")
    assert validate_v3_signature(method, url, NONCE, TOKEN, ours, dict(form))
