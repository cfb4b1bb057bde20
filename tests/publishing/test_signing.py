from __future__ import annotations

import base64

from publishing import signing


def test_a_signature_is_what_the_specification_says() -> None:
    """The example that the Standard Webhooks libraries are tested with."""
    headers = signing.headers(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_a_secret_is_changed_each_signs() -> None:
    old, new = signing.new_secret(), signing.new_secret()
    both = signing.headers([new, old], message_id="evt_1", timestamp=1, body=b"{}")["webhook-signature"]
    assert both.split(" ") == [
        signing.signature(secret, message_id="evt_1", timestamp=1, body=b"{}") for secret in (new, old)
    ]
    assert old != new
    assert len(base64.b64decode(new.removeprefix("whsec_"))) == 32
