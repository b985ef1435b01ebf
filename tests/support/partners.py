"""Partners of the demo region, registered in a referral service under test."""

import httpx

from deploy.local.region import read_region


async def register_partners(url: str, admin_token: str) -> dict[str, str]:
    """Registers the region's partners; their ids by kind."""
    ids = {}
    async with httpx.AsyncClient(base_url=url) as http:
        for partner in read_region()["partners"]:
            body = {name: value for name, value in partner.items() if name != "id"}
            answer = await http.put(
                f"/v1/partners/{partner['id']}",
                json=body,
                headers={"Authorization": f"Bearer {admin_token}"},
            )
            answer.raise_for_status()
            ids[partner["kind"]] = partner["id"]
    return ids
