"""Private facts about a person are refused; everyday business that uses the same words is not."""

from __future__ import annotations

import pytest

from knowledge.personal import personal_fact

REFUSED = [
    ("La señora Vidal tiene cáncer.", "health"),
    ("Está de baja médica hasta marzo.", "health"),
    ("Elena está embarazada.", "health"),
    ("La operan el martes de la rodilla.", "health"),
    ("Los jueves va al psicólogo.", "health"),
    ("He has diabetes, so no sweets.", "health"),
    ("She's pregnant and due in May.", "health"),
    ("Ms. Vidal is allergic to nuts.", "health"),
    ("His depression is getting better.", "health"),
    ("Es católica practicante.", "belief"),
    ("Luis es testigo de Jehová.", "belief"),
    ("Los domingos va a misa.", "belief"),
    ("She is a devout Muslim.", "belief"),
    ("Vota al PSOE.", "politics"),
    ("Es muy de derechas.", "politics"),
    ("Está afiliado al Partido Popular.", "politics"),
    ("He votes Labour.", "politics"),
    ("She is a member of the Green Party.", "politics"),
    ("Andrés es gay.", "sex life"),
    ("Tiene una aventura con su socia.", "sex life"),
    ("He is sleeping with his secretary.", "sex life"),
]
KEPT = [
    "El padre Ignacio llama de la parroquia de San Blas por el comedor.",
    "Jesús Santos es el abogado de la empresa.",
    "Rosa Iglesias, delegada del sindicato del metal.",
    "El ayuntamiento llama por las obras del muelle.",
    "The election of the new board member is on December 17.",
    "Board elections are every two years.",
    "Dr. Church calls on Mondays.",
    "María de los Ángeles Cruz, concejala del ayuntamiento.",
    "Our robots work in hospitals and clinics.",
    "Somos proveedores del hospital La Paz.",
    "En una emergencia médica, llame al 112.",
    "El seguro médico de los empleados lo lleva recursos humanos.",
    "De la salud de la señora Vidal no hablamos.",
    "Ms. Vidal gives no opinion on politics or religion.",
    "Christian Keller is the chairman.",
    "The Christmas party is on Friday.",
    "Está reunida y no puede ponerse.",
    "Es la directora del Partido de las Estrellas.",
    "He is away until Monday.",
    "Trans Europa Express lleva los envíos.",
    "El consejo vota la propuesta el martes.",
    "Todas nuestras conservas son sin gluten.",
    "She has a meeting at the Catholic University.",
    "He is the head of the Labour Relations department.",
]


@pytest.mark.parametrize(("text", "kind"), REFUSED)
def test_a_fact_about_a_person_is_refused(text: str, kind: str) -> None:
    found = personal_fact(text)
    assert found and found[0] == kind


@pytest.mark.parametrize("text", KEPT)
def test_everyday_business_is_kept(text: str) -> None:
    assert personal_fact(text) is None
