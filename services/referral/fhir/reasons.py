"""Which codes of others mean which of our reasons, and which services are ours to give; pure data.

A code that is not here is not guessed: a request whose reasons are all unknown is refused.
"""

from services.referral.fhir import systems
from shared.contracts.codes import Reason

R = Reason

OUTREACH = "outreach"
"""The one service this house gives (CodeSystem `systems.SERVICE`)."""

SERVICES: frozenset[tuple[str, str]] = frozenset(
    {
        (systems.SERVICE, OUTREACH),
        (systems.SNOMED, "306238000"),  # Referral to social services
        (systems.SNOMED, "308440001"),  # Referral to social worker
        (systems.SNOMED, "464001000124109"),  # Referral to case manager
        (systems.SNOMED, "710911006"),  # Referral to housing service
        (systems.SNOMED, "225340009"),  # Housing assessment
        (systems.SNOMED, "710824005"),  # Assessment of health and social care needs
        (systems.SNOMED, "410606002"),  # Social service procedure
    }
)
"""ServiceRequest.code that asks for what a mobile outreach team does. SNOMED CT: the social
service and housing procedures that the Gravity Project's reference client offers."""

_SNOMED: dict[str, Reason] = {
    # NHS England, primary care domain reference set HOMELESS_COD (2024-12-05).
    "32911000": R.HOMELESSNESS,  # Homeless
    "105526001": R.HOMELESSNESS,  # Homeless family
    "160700001": R.HOMELESSNESS,  # Homeless single person
    "266935003": R.HOMELESSNESS,  # Housing lack
    "266940006": R.HOMELESSNESS,  # Lives in squat
    "224226001": R.HOMELESSNESS,  # No fixed abode
    "224228000": R.HOMELESSNESS,  # Living rough
    "224229008": R.HOMELESSNESS,  # Sleeping out
    "224231004": R.HOMELESSNESS,  # Sleeping in night shelter
    "224232006": R.HOMELESSNESS,  # Sleeping at friends home
    "224233001": R.HOMELESSNESS,  # Sleeping in vehicle
    "65421000": R.HOMELESSNESS,  # Living in tent
    # Gravity Project: housing instability, social connection.
    "1156191002": R.HOUSING_LOSS_RISK,  # Housing instability
    "422650009": R.ISOLATION,  # Social isolation
}

_GRAVITY: dict[str, Reason] = {
    # SDOH Clinical Care 2.3.0, SDOHCC CodeSystem Temporary Codes: the domains that are ours.
    "homelessness": R.HOMELESSNESS,
    "housing-instability": R.HOUSING_LOSS_RISK,
    "financial-insecurity": R.DEBT,
    "social-connection": R.ISOLATION,
    "intimate-partner-violence": R.VIOLENCE,
    "elder-abuse": R.VIOLENCE,
}

ICD_10_BLOCKS: dict[str, Reason] = {
    # WHO ICD-10 (2019), chapters V, XIX and XXI; Z59.81 by ICD-10-CM (2022). Longest prefix wins.
    "Z59.0": R.HOMELESSNESS,  # Homelessness
    "Z59.2": R.NEIGHBOUR_DISTURBANCE,  # Discord with neighbours, lodgers and landlord
    "Z59.81": R.HOUSING_LOSS_RISK,  # Housing instability, housed
    "Z59.86": R.DEBT,  # Financial insecurity
    "Z60.2": R.ISOLATION,  # Living alone
    "Z60.4": R.ISOLATION,  # Social exclusion and rejection
    "Z65.2": R.RELEASE,  # Problems related to release from prison
    "Z72.2": R.SUBSTANCE_USE,  # Drug use
    "Z73.6": R.DAILY_LIVING,  # Limitation of activities due to disability
    "T74": R.VIOLENCE,  # Maltreatment syndromes
    "F1": R.SUBSTANCE_USE,  # Disorders due to psychoactive substance use
    "F2": R.MENTAL_HEALTH,  # Schizophrenia, schizotypal and delusional disorders
    "F3": R.MENTAL_HEALTH,  # Mood disorders
    "F4": R.MENTAL_HEALTH,  # Neurotic, stress-related and somatoform disorders
    "F60": R.MENTAL_HEALTH,  # Specific personality disorders
    "F61": R.MENTAL_HEALTH,  # Mixed and other personality disorders
}


def reason_of(system: str | None, code: str | None) -> Reason | None:
    """Our reason for a coding of somebody; None when it is not in the tables."""
    if system is None or code is None:
        return None
    if system == systems.REASON:
        return Reason(code) if code in set(Reason) else None
    if system == systems.SNOMED:
        return _SNOMED.get(code)
    if system == systems.GRAVITY:
        return _GRAVITY.get(code)
    return _by_block(code.upper()) if system in systems.ICD_10 else None


def _by_block(code: str) -> Reason | None:
    blocks = (code[:length] for length in range(len(code), 1, -1))
    return next((ICD_10_BLOCKS[block] for block in blocks if block in ICD_10_BLOCKS), None)
