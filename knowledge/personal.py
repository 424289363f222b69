"""Facts that are never kept: a person's beliefs, politics, health or sex life (GDPR art. 9(1), special categories).

What is looked for is a statement about somebody (``tiene cáncer``, ``is a Catholic``), not the word: a parish, a union, a town
hall, a board election or a hospital that buys robots are everyday business.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Kind = Literal["health", "belief", "politics", "sex life"]

_PERSON_ES = r"(?:est[aá]|anda|sigue|es|era|fue|soy|son|se (?:ha )?(?:hizo|hecho|declara|considera))"
_PERSON_EN = r"(?:is|was|are|'s|became|has been|being|identifies as|comes out as)"
_AN_EN = r"(?:a |an |the )?(?:very |devout |practising |practicing |lapsed |openly |secretly )?"
_DISEASES_ES = (
    r"c[aá]ncer|diabetes|depresi[oó]n|ansiedad|epilepsia|alzheimer|p[aá]rkinson|parkinson|leucemia|un tumor|sida|vih|"
    r"hepatitis|asma|migra[nñ]as?|esclerosis|fibromialgia|bipolaridad|un trastorno|una enfermedad|una adicci[oó]n|"
    r"problemas? (?:de salud|de coraz[oó]n|card[ií]acos?|de espalda|con (?:el alcohol|las drogas))|la tensi[oó]n alta|"
    r"(?:una )?alergias?|covid|la gripe|una discapacidad|cita (?:m[eé]dica|con (?:el|la|su) (?:m[eé]dic|onc[oó]log|psic[oó]log|"
    r"psiquiatra|ginec[oó]log|card[ií]olog|terapeuta))"
)
_DISEASES_EN = (
    r"cancer|diabetes|depression|anxiety|epilepsy|alzheimer'?s|parkinson'?s|leukaemia|leukemia|a tumou?r|aids|hiv|hepatitis|"
    r"asthma|migraines?|sclerosis|fibromyalgia|bipolar disorder|an? (?:\w+ )?(?:disorder|illness|disease|addiction|allergy|"
    r"disability)|health (?:problems?|issues?)|(?:heart|back|drinking|drug) (?:problems?|trouble)|high blood pressure|covid|"
    r"the flu|an? (?:doctor'?s|medical|hospital|therapy|oncology) appointment"
)
_PARTIES_ES = (
    r"psoe|pp|vox|podemos|sumar|ciudadanos|partido (?:popular|socialista|comunista)|izquierda unida|bildu|pnv|junts|erc"
)
_PARTIES_EN = (
    r"labour|tor(?:y|ies)|conservatives?|lib dems?|republicans?|democrats?|(?:the )?(?:\w+ )?party|trump|biden"
)
_FAITHS_ES = (
    r"cat[oó]lic[oa]|cristian[oa]|musulm[aá]na?|jud[ií][oa]|ate[oa]|agn[oó]stic[oa]|budista|protestante|evang[eé]lic[oa]|"
    r"mormon[a]?|morm[oó]n|testigo de jehov[aá]|del opus(?: dei)?|muy religios[oa]|religios[oa]|creyente|practicante"
)
_FAITHS_EN = (
    r"catholic|christian|muslim|jew|jewish|atheist|agnostic|buddhist|protestant|evangelical|mormon|jehovah'?s witness|"
    r"hindu|sikh|religious|a believer|churchgoer"
)

_SIGNS: dict[Kind, tuple[str, ...]] = {
    "health": (
        rf"\b(?:tiene|ten[ií]a|padece|padec[ií]a|sufre|sufre de|sufri[oó]|le han diagnosticado|con diagn[oó]stico de|"
        rf"superó|superado|vencido|trata(?:da|do) de) (?:de |un |una )?(?:{_DISEASES_ES})",
        rf"\b{_PERSON_ES} (?:muy |un poco |bastante |gravemente )?(?:enferm[oa]|embarazada|deprimid[oa]|convaleciente|"
        rf"ingresad[oa]|hospitalizad[oa]|al[eé]rgic[oa]|diab[eé]tic[oa]|cel[ií]ac[oa]|asm[aá]tic[oa]|alcoh[oó]lic[oa]|"
        rf"bipolar|autista|discapacitad[oa]|en el (?:m[eé]dico|hospital)|en (?:quimioterapia|rehabilitaci[oó]n|terapia|tratamiento)|"
        rf"de baja(?: m[eé]dica| por (?:enfermedad|maternidad|depresi[oó]n|ansiedad|estr[eé]s)))",
        r"\b(?:le|la|lo|me) (?:operan|operaron|han operado|ingresaron|han ingresado|van a operar)\b",
        r"\b(?:va|ha ido|fue|acude|ir) al? (?:su )?(?:m[eé]dico|psic[oó]log[oa]|psiquiatra|onc[oó]log[oa]|terapia|quimio\w*)\b",
        r"\bpor (?:su|mi) (?:enfermedad|embarazo|depresi[oó]n|operaci[oó]n|salud mental)\b",
        rf"\b(?:has|had|has had|have|suffers? from|suffered from|diagnosed with|recovering from|treated for|beat) (?:{_DISEASES_EN})",
        rf"\b{_PERSON_EN} (?:very |quite |seriously |currently )?(?:ill|sick|pregnant|depressed|in hospital|hospitali[sz]ed|"
        rf"diabetic|allergic|coeliac|celiac|asthmatic|an alcoholic|bipolar|autistic|disabled|"
        rf"on (?:sick|medical|maternity) leave|in (?:rehab|therapy|chemo\w*|surgery)|at the doctor'?s?|having surgery)\b",
        r"\b(?:her|his|their|my) (?:illness|pregnancy|depression|surgery|chemo\w*|mental health|medical condition)\b",
        r"\b(?:sees|seeing|goes to|visits) (?:a|an|the|her|his) (?:psychiatrist|psychologist|oncologist|therapist)\b",
    ),
    "belief": (
        rf"\b{_PERSON_ES} (?:una? |muy )?(?:{_FAITHS_ES})\b",
        r"\b(?:va|suele ir|acude) a (?:misa|la mezquita|la sinagoga)\b|\breza (?:cada|todos|en)\b|\bno cree en dios\b|\bcree en dios\b",
        rf"\b{_PERSON_EN} {_AN_EN}(?:{_FAITHS_EN})\b(?! (?:school|church|hospital|charity|aid|university))",
        r"\b(?:goes to|attends) (?:mass|church|the mosque|the synagogue)\b|\b(?:believes|doesn'?t believe) in god\b",
        r"\b(?:her|his|their) (?:religious beliefs? (?:is|are)|faith is)\b|\bsu (?:religi[oó]n|fe) es\b",
    ),
    "politics": (
        rf"\b(?:vota|vot[oó]|votar[aá]|votaba|milita|milit[oó]|simpatiza) (?:siempre )?(?:a|al|en|con|por)(?: el| la| los)? (?:{_PARTIES_ES}|"
        rf"la izquierda|la derecha)\b",
        rf"\b{_PERSON_ES} (?:(?:muy )?de (?:izquierdas?|derechas?|ultraderecha)|(?:afiliad[oa]|militante|simpatizante|votante) (?:de|del|a|al)\b|"
        rf"comunista|socialista|fascista|franquista|independentista|del (?:{_PARTIES_ES})\b)",
        rf"\b(?:votes?|voted|will vote|campaigns?|campaigned) (?:for )?(?:the )?(?:{_PARTIES_EN})\b",
        rf"\b{_PERSON_EN} {_AN_EN}(?:left[- ]wing|right[- ]wing|communist|socialist|fascist|republican|democrat|tory|"
        r"(?:member|supporter) of (?:the )?(?:\w+ )?party|(?:labour|conservative|party) (?:voter|member|supporter))\b",
        r"\b(?:her|his|their) political (?:views?|opinions?) (?:is|are)\b|\bsus ideas pol[ií]ticas son\b",
    ),
    "sex life": (
        rf"\b{_PERSON_ES} (?:una? )?(?:gay|lesbiana|homosexual|bisexual|transexual|trans|asexual|infiel)\b",
        r"\b(?:se acuesta|se ha acostado|tiene una aventura|tiene un l[ií]o|mantiene una relaci[oó]n secreta) con\b",
        r"\b(?:su|mi) amante\b|\btiene (?:una? )?amantes?\b|\btiene una aventura\b",
        rf"\b{_PERSON_EN} {_AN_EN}(?:gay|lesbian|homosexual|bisexual|transgender|trans|asexual|unfaithful)\b",
        r"\b(?:sleeps?|sleeping|slept) with (?:her|his|him|a|the)\b|\b(?:has|had|having) an affair\b|\b(?:her|his) (?:secret )?lover\b",
    ),
}
_PATTERNS: dict[Kind, re.Pattern[str]] = {
    kind: re.compile("|".join(signs), re.IGNORECASE) for kind, signs in _SIGNS.items()
}
_SPELLED = {"health": "health", "belief": "beliefs", "politics": "politics", "sex life": "sex life"}


def personal_fact(text: str) -> tuple[Kind, str] | None:
    """The kind of private fact that `text` states of a person and the words that do; None for ordinary business."""
    flat = unicodedata.normalize("NFC", re.sub(r"\s+", " ", text.replace("\u2019", "'")))
    for kind, pattern in _PATTERNS.items():
        if found := pattern.search(flat):
            return kind, found.group(0)
    return None


def refusal(kind: Kind, words: str) -> tuple[str, str]:
    """What is wrong with such a fact, and the mend."""
    what = f"{words!r} states a fact about a person's {_SPELLED[kind]}, which is never kept (GDPR art. 9)."
    return what, "Leave the fact out; say only what callers need, such as when she is back."
