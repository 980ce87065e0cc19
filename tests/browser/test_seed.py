"""The first incident, played through the page from the pager to the debrief."""

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import Room

pytestmark = pytest.mark.browser


def test_seed_0_is_played_from_the_page_to_the_debrief(room: Room, page: Page):
    room.take_pager()
    expect(page.locator("#page-title")).to_contain_text("payment-service 5xx rate > 5%")
    page.get_by_role("button", name="Ack").click()
    expect(page.locator("#stage")).to_contain_text("Acknowledged")

    # Size up: who is hit, what changed, what do the failing ones share.
    pods = "kubectl get pods -n payments -l app=payment-service -o wide"
    room.enter(pods, shows="CrashLoopBackOff")
    room.tab("Changes")
    page.get_by_text("payment-service 3.18.2").click()
    expect(page.locator("#changes")).to_contain_text("Thank you for your order")
    room.enter("kubectl logs payment-service-7f8b9c4d5-a8j3n -n payments --tail=5", shows="INFO")
    page.get_by_role("tab", name="Connections").click()
    expect(page.locator("#chart-connections .legend")).to_contain_text("worker-3")

    # Tell people, then stop the pain.
    room.tab("Channel")
    page.get_by_role("button", name="Status update").click()
    update = page.locator("#update")
    update.get_by_label("Impact").fill("about 12 % of payment requests fail since 02:43")
    update.get_by_label("Scope").fill("two of four pods, both on node-worker-3")
    update.get_by_label("Action").fill("taking the node out, moving the two pods")
    page.get_by_role("button", name="Next update in 15 minutes").click()
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#talk")).to_contain_text("both on node-worker-3")
    room.enter("kubectl cordon node-worker-3", shows="node/node-worker-3 cordoned")
    room.enter(
        "kubectl delete pod payment-service-7f8b9c4d5-x2k9m payment-service-7f8b9c4d5-q4r7p"
        " -n payments",
        shows="q4r7p. deleted",
    )
    room.skip(5)
    expect(page.locator("#stage")).to_contain_text("Mitigated")
    expect(page.locator("#rate")).to_have_attribute("data-state", "green")

    # Why, and put things back.
    room.enter(
        "ssh node-worker-3 'sudo journalctl -k | grep -i \"killed process\" | tail -2'",
        shows="kube-proxy",
    )
    room.enter(
        "kubectl get ds kube-proxy -n kube-system -o jsonpath='{..containers[0].resources.limits}'",
        shows="128Mi",
    )
    room.skip(10)
    room.enter("kubectl uncordon node-worker-3", shows="uncordoned")
    room.tab("Notes")
    page.get_by_text("Follow-up ticket").click()
    page.get_by_label("What began it").select_option("proxy-limit")
    page.get_by_label("What to do about it").select_option("raise-limit")
    page.get_by_label("Who owns it").select_option("platform")
    page.get_by_role("button", name="File the ticket").click()
    expect(page.locator("#written")).to_contain_text("Platform team")

    # Close with what was on the screen.
    page.get_by_role("button", name="Close…").click()
    for question, pick, seen in (
        ("component", "node-data-plane", "journalctl"),
        ("failure", "exhaustion", "journalctl"),
        ("trigger", "slow-growth", "Change feed"),
        ("mechanism", "proxy-memory", "jsonpath"),
        ("scope", "one-node", "Failed outgoing connections"),
    ):
        field = page.locator(f"fieldset[data-question={question}]")
        field.locator("select").select_option(pick)
        field.get_by_role("button", name="Cite what showed it").click()
        page.get_by_placeholder("find a command or panel").fill(seen)
        page.locator("#finder-list input").first.check()
        page.get_by_role("button", name="Done").click()
        expect(field.locator(".cited")).to_contain_text(seen)
    # What was filled in is there again after a reload.
    page.reload()
    room.ready()
    page.get_by_role("button", name="Close…").click()
    expect(page.locator("#pick-scope")).to_have_value("one-node")
    expect(page.locator("[data-question=mechanism] .cited")).to_contain_text("jsonpath")
    page.get_by_role("button", name="Close the incident").click()

    page.wait_for_url(re.compile(r"/debrief$"))
    expect(page.locator(".total")).to_contain_text("of 100")
    assert float(page.locator(".total b").inner_text()) >= 50
    expect(page.locator(".answers .state.green")).to_have_count(5)
    expect(page.locator(".ledger")).to_contain_text("kubectl cordon node-worker-3")
    expect(page.locator(".practice")).to_contain_text("Practise next")
