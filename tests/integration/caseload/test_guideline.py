"""A team whose workers have more open cases than they should is told of once, until it mends."""

from typing import Any

from tests.integration.caseload.conftest import Service, referral
from tests.integration.caseload.steps import change


async def told(service: Service) -> list[dict[str, Any]]:
    name = "team.caseload-over-guideline"
    return [event.data for event in await service.events() if event.type == name]


async def test_going_over_the_guideline_is_told_once_and_again_after_it_mended(
    service: Service,
) -> None:
    team = await service.team(guideline_caseload=2)
    await service.worker(team)
    taken = [await service.take(referral()) for _ in range(2)]
    assert await told(service) == []
    taken += [await service.take(referral()) for _ in range(2)]
    (first,) = await told(service)
    expected = {"aggregate_id": team, "team": team, "workers": 1, "guideline_caseload": 2}
    assert {**first, **expected} == first
    assert (first["open_cases_per_worker"], first["version"]) == (3.0, 2)
    for data in taken[:2]:
        await service.close(await service.case_of(data))
    assert len(await told(service)) == 1
    await service.take(referral())
    assert [data["version"] for data in await told(service)] == [2, 3]


async def test_a_work_pair_s_case_counts_for_both(service: Service) -> None:
    team = await service.team(guideline_caseload=1)
    await service.worker(team)
    await service.worker(team, profession="psychiatric_nurse", employer_sector="health")
    for _ in range(2):
        await service.take(referral(reasons=["homelessness", "mental_health"]))
    assert [data["open_cases_per_worker"] for data in await told(service)] == [2.0]


async def test_a_worker_who_leaves_or_a_lower_guideline_can_be_the_reason(
    service: Service,
) -> None:
    team, other = await service.team(guideline_caseload=2), await service.team()
    workers = [await service.worker(team), await service.worker(team)]
    for _ in range(4):
        await service.take(referral(wished_team=team))
    await change(service, f"/v1/workers/{workers[0]}", team=other)
    assert await told(service) == []
    await change(service, f"/v1/teams/{team}", guideline_caseload=1)
    (event,) = await told(service)
    assert (event["version"], event["open_cases_per_worker"]) == (3, 2.0)
