"""术语表：一个意思一个词，每一条指的地方真的有这个词。"""

from __future__ import annotations

import re
from functools import cache

import pytest

from tools import glossary, wording
from tools import site as built
from tools.chapters import chapters
from tools.language import problems

TERMS = glossary.terms()
WRITTEN = [address for address, chapter in chapters().items() if chapter.notebook.exists()]
every_term = pytest.mark.parametrize("term", TERMS, ids=lambda term: term.term)


@cache
def words_of(address: str) -> str:
    return wording.of_chapter(chapters()[address].notebook)


def uses(text: str, term: glossary.Term) -> bool:
    """``text`` 里有没有这个词；更长的术语里的、说别的事的，都不算。"""
    longer = [other.term for other in TERMS if term.term in other.term and other != term]
    for phrase in (*longer, *term.unlike):
        text = text.replace(phrase, "")
    return term.term in text


def test_each_term_has_one_name_and_no_rival_is_part_of_a_term() -> None:
    names = [term.term for term in TERMS]
    assert len(names) == len(set(names))
    for rival, term in glossary.rivals().items():
        assert not [name for name in names if rival in name], (rival, term)


@every_term
def test_a_term_is_explained_in_good_language(term: glossary.Term) -> None:
    assert term.english
    assert [str(problem) for problem in problems(term.means, glossary.rivals())] == []


@every_term
def test_the_chapter_that_explains_a_term_uses_it(term: glossary.Term) -> None:
    assert term.chapter in chapters()
    if term.chapter in WRITTEN:
        assert uses(words_of(term.chapter), term), f"「{term.term}」不在 {term.chapter} 里"


@every_term
def test_a_term_points_to_the_first_chapter_that_uses_it(term: glossary.Term) -> None:
    using = [address for address in WRITTEN if uses(words_of(address), term)]
    assert term.first == (using[0] if using else term.chapter)


@every_term
def test_words_that_only_look_like_a_term_stand_in_the_book(term: glossary.Term) -> None:
    for phrase in term.unlike:
        assert term.term in phrase
        assert any(phrase in words_of(address) for address in WRITTEN), phrase


def test_a_reading_list_and_the_words_of_other_things_are_no_use_of_a_term() -> None:
    sample = next(term for term in TERMS if term.term == "样本")
    assert uses("一个样本。", sample)
    assert not uses("样本空间缩小了。", sample)
    assert "下一章是《熵》" not in words_of("1-origins/09-bayes")


@every_term
def test_the_page_links_each_term_to_its_places(term: glossary.Term) -> None:
    page = built.SITE / "glossary.html"
    assert page.is_file(), "先构建网站：python tasks.py build"
    entry = re.search(
        rf'<dt id="[^"]*">\s*{re.escape(term.term)}\s*<.*?<dd>(.*?)</dd>', page.read_text("utf8"),
        re.DOTALL,
    )  # fmt: skip
    assert entry
    links = re.findall(r'href="nbs/([^"#]+)\.html"', entry[1])
    places = dict.fromkeys((term.first, term.chapter))
    assert links == [place for place in places if place in WRITTEN]
    assert ("（待写）" in entry[1]) == (term.chapter not in WRITTEN)
