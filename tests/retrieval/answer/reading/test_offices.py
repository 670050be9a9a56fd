"""Whose office a quote tells of."""

from __future__ import annotations

import pytest

from retrieval.answer.reading.offices import Office


@pytest.mark.parametrize(
    ("question", "quote", "other"),
    [
        ("Who is the president of Lund?", "They spoke of Norwegian President Ann Lee's visit to Lund.", "Norwegian"),
        ("Who is Lund's prime minister?", "Norway’s Prime Minister Ann Lee came to Lund.", "Norway"),
        ("Who was the Swedish prime minister?", "Norway's prime minister came.", "Norway"),
        ("who is the governor of Lund", "Ann Lee is the governor of the Northern Bank.", "Northern Bank"),
        ("Who is the president of France?", "They spoke of French President Ann Lee.", None),
        ("Who is the king of the Netherlands?", "The Dutch King came.", None),
        ("Who is the mayor of Lund?", "The mayor, Ann Lee, came to Oslo.", None),
        ("Who is the mayor of Lund?", "Oslo's Mayor Bo met Lund's Mayor Ann Lee.", None),
        ("Who is the prime minister of Lund?", "Norwegian Minister Ann Lee came to Lund.", None),
        ("Who met the president of Lund?", "Norwegian President Ann Lee met no one.", None),
        ("Who is the president of the ECB?", "The President of the Bank is Ann Lee.", None),
        ("Who is the president of Lund-Oslo Radio?", "Ann Lee, Oslo President, came.", None),
        ("Who was the first governor of Lund?", "The Colony's governor was Ann Lee.", None),
        ("Who is the coach of Lund?", "Under coach Ann Lee they won.", None),
        ("Who is the president of Myanmar?", "They spoke of Norwegian President Ann Lee.", "Norwegian"),
        ("Who is the mayor of the city?", "Oslo's Mayor came.", None),
        ("Who was the designer of Lund Hall?", "Ann Lee designed Lund Hall.", None),
        ("Where is the mayor of Lund?", "Oslo's Mayor is at home.", None),
        ("Who is the mayor of Lund?", "Mayor Bo Ek of Oslo came to Lund.", "Oslo"),
        ("Who is the mayor of Lund?", "Mayor Ann Lee of the Green Party came to Lund.", None),
        ("Who is the president of Lund?", "The president of Lund’s Rowing Club came.", "Rowing Club"),
        ("Who is the president of Lund?", "The president of Lund’s rowers came.", None),
        ("Who is the president of Lund?", "President Ann Lee of Lund came.", None),
        ("Who is the City Attorney?", "Deputy City Attorney Bo Ek spoke.", "Deputy City Attorney"),
        ("Who is the City Attorney?", "City Attorney Ann Lee and Deputy City Attorney Bo Ek spoke.", None),
        ("Who is the vice president?", "Vice President Bo Ek spoke.", None),
        ("Who is the president of Lund?", "Vice President Bo Ek of Lund spoke.", "Vice President"),
        ("who's the mayor", "The former mayor, Bo Ek, spoke.", "former mayor"),
        ("Who was the mayor?", "The former mayor, Bo Ek, spoke.", None),
        ("Who is the city clerk?", "Bo Ek works in the City Clerk’s office.", "City Clerk’s"),
        ("Who is the city clerk?", "The city clerk's name is Ann Lee.", None),
    ],
)
def test_an_office_is_anothers_where_another_name_stands_beside_it(
    question: str, quote: str, other: str | None
) -> None:
    office = Office.asked_for(question)

    assert (office and office.holder_of_another(quote)) == other
