"""Takes the pictures of the README from a real run: `python -m tests.browser.pictures`."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Room
from tests.browsing import browsing
from tests.serving import ROOT

IMAGES = ROOT / "docs" / "images"


def main() -> None:
    """Play some minutes of seed 0; keep the room and the top of a middling debrief, without the answer."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with browsing(1440, 900) as (page, address):
        room = Room(page, address)
        room.take_pager()
        page.get_by_role("button", name="Ack").click()
        room.skip(1)
        room.enter("kubectl get pods -n payments", shows="CrashLoopBackOff")
        room.enter("kubectl rollout history deployment/payment-service -n payments | tail -4")
        room.enter("kubectl get events -n payments | tail -6", shows="payment-service")
        room.enter(
            "incident update --impact '1 in 8 payments fails' --action 'looking at what changed'"
            " --next 02:55 'on it'"
        )
        room.tab("Channel")
        page.screenshot(path=IMAGES / "room.png")
        room.enter("kubectl cordon node-worker-3", shows="cordoned")
        room.enter(
            "kubectl delete pod -n payments payment-service-7f8b9c4d5-x2k9m"
            " payment-service-7f8b9c4d5-q4r7p",
            shows="q4r7p. deleted",
        )
        room.skip(10)
        room.enter(
            "ssh node-worker-3 'sudo iptables -t nat -L KUBE-SERVICES -n | wc -l'", shows=r"\d"
        )
        room.enter("kubectl uncordon node-worker-3", shows="uncordoned")
        page.keyboard.type("incident close --component app-code --partial\n")
        page.wait_for_url(re.compile(r"/debrief$"), timeout=60_000)
        expect(page.locator(".total")).to_contain_text("of 100", timeout=60_000)
        answer = page.get_by_role("heading", name="What it was").bounding_box()
        assert answer is not None
        top = {"x": 0, "y": 0, "width": 1440, "height": answer["y"] - 20}
        page.screenshot(path=IMAGES / "debrief.png", clip=top)


if __name__ == "__main__":
    main()
