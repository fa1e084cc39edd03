"""A report: every citation leads somewhere, nothing acts or is fetched, and nothing leaves that must stay."""

from __future__ import annotations

import hashlib
from pathlib import Path

import lxml.html
import msgspec
import pytest

from tests.report_kit import CASE, Bureau, notebook, thumbnail
from tests.runner_kit import fetched, give_archive
from workbench.annotating import annotate
from workbench.custody import log, seals
from workbench.custody.verify import verify as verified
from workbench.errors import AuthorityError, IntegrityError, UsageError
from workbench.policy.officers import REVIEW
from workbench.policy.release import Release
from workbench.production import appendix, pages, printing, state, sums
from workbench.production import report as reports
from workbench.production.report import PAGE, PRINT, Asked
from workbench.tables import build, read


def opened(folder: Path) -> lxml.html.HtmlElement:
    parser = lxml.html.HTMLParser(huge_tree=True, encoding="utf-8")
    return lxml.html.document_fromstring((folder / PAGE).read_bytes(), parser=parser)


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    made = Bureau(tmp_path_factory.mktemp("bureau"))
    made.run(notebook(thumbnail(1), thumbnail(2)))
    made.number = made.release()
    made.done = made.report(made.home / "out", made.number)
    return made


@pytest.fixture(scope="module")
def page(bureau: Bureau) -> lxml.html.HtmlElement:
    return opened(bureau.home / "out")


def words(page: lxml.html.HtmlElement) -> str:
    return " ".join(" ".join(page.itertext()).split())


# --- citations -----------------------------------------------------------------------------------


def test_each_citation_leads_to_the_row_or_page_of_its_exhibit(page: lxml.html.HtmlElement) -> None:
    ids = list(page.xpath("//@id"))
    assert len(ids) == len(set(ids))
    links = {link.text: link.get("href") for link in page.xpath("//a[@class='cite']")}
    assert links[f"{CASE}-E0001#/account"] == "#E0001/account"
    assert links[f"{CASE}-E0003#/account"] == "#E0003/account"
    assert links[f"{CASE}-E0001"] == "#E0001"
    assert links[f"{CASE}-E0999"] == "#exhibits"
    assert {link.removeprefix("#") for link in page.xpath("//a/@href")} <= set(ids)
    row = page.get_element_by_id("E0001/account")
    assert "@ada@social.example" in row.text_content()


def test_a_citation_in_captured_words_stays_words(page: lxml.html.HtmlElement) -> None:
    cell = next(each for each in page.iter("td") if "alert('ESCAPED')" in each.text_content())
    assert f"{CASE}-E0001" in cell.text_content()
    assert cell.xpath(".//a") == []
    assert all(pre.xpath(".//a") == [] for pre in page.iter("pre"))


def test_the_list_names_every_exhibit_cited_with_hash_and_file(
    bureau: Bureau, page: lxml.html.HtmlElement
) -> None:
    held = {each.citation.number: each for each in log.exhibits(bureau.case.folder)}
    listed = page.xpath("//table[@class='list']/tbody/tr")
    assert [row.get("id") for row in listed] == ["L1", "L2", "L3", "L4"]
    for row in listed:
        exhibit = held[int(row.get("id")[1:])]
        assert exhibit.sha256 in row.text_content()
        assert exhibit.file in row.text_content()
    assert "no exhibit that this seal covers: E0999" in words(page)


def test_beyond_the_bound_the_list_stands_for_the_pages(
    bureau: Bureau, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "PAGES", 1)
    made = bureau.report(tmp_path / "out", bureau.number)
    found = opened(tmp_path / "out")
    assert (made.exhibits, made.pages) == (3, 1)
    assert len(found.xpath("//section[@class='exhibit']")) == 1
    assert len(found.xpath("//table[@class='list']/tbody/tr")) == 4
    assert "1 of 4 exhibits have an entry below" in words(found)
    links = {link.text: link.get("href") for link in found.xpath("//a[@class='cite']")}
    assert links[f"{CASE}-E0003#/account"] == "#L3"


def test_a_long_list_is_many_tables_with_a_head_each(
    bureau: Bureau, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = opened(bureau.home / "out").xpath("//table[@class='list']")
    monkeypatch.setattr(appendix, "_LINES", 2)
    bureau.report(tmp_path / "out", bureau.number)
    parts = opened(tmp_path / "out").xpath("//table[@class='list']")
    rows = [row.get("id") for row in whole[0].xpath("tbody/tr")]
    assert len(whole) == 1
    assert [len(part.xpath("thead/tr")) for part in parts] == [1] * -(-len(rows) // 2)
    assert [row.get("id") for part in parts for row in part.xpath("tbody/tr")] == rows


def test_a_row_far_down_in_its_exhibit_is_shown_where_it_is_cited(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    give_archive(bureau.desk.open(bureau.case), tmp_path, [f"words {number}" for number in range(150)])
    build.refresh(bureau.case.folder)
    posts = read.frame(bureau.case.folder, "posts")
    cite = str(posts.loc[posts["content"] == "words 140", "exhibit"].iloc[0])
    bureau.run(notebook(f"<p><code>{cite}</code></p>"))
    found = opened_report(bureau, tmp_path / "out")
    (link,) = found.xpath(f"//a[.='{cite}']")
    row = found.get_element_by_id(link.get("href")[1:])
    assert "words 140" in row.text_content()
    exhibit = words(found.get_element_by_id(pages.anchor(cite.partition("#")[0])))
    assert "149 more rows of it are not shown here" in exhibit
    assert "words 139" not in exhibit


# --- what it says of itself ----------------------------------------------------------------------


def test_the_cover_names_authority_seal_release_and_review(page: lxml.html.HtmlElement) -> None:
    cover = words(page.find_class("cover")[0])
    for said in (
        f"Case {CASE}",
        "Missing person (policy",
        "mastodon https://social.example/@ada",
        "the <court>",
        "motion 7",
        "not yet decided on",
        "given by c1",
        "c1 Chief",
    ):
        assert said in cover
    assert page.find_class("cover")[0].xpath(".//svg[@aria-label='QR code']")
    style = page.find(".//style").text
    assert "counter(page)" in style
    assert f"Case {CASE}, seal" in style


def test_code_is_not_shown_and_values_are(page: lxml.html.HtmlElement) -> None:
    assert "secret_code" not in words(page)
    assert "person = ada <b>" in words(page)


def test_every_picture_has_words_for_who_does_not_see_it(page: lxml.html.HtmlElement) -> None:
    assert page.xpath("//img")
    assert [each for each in page.iter("img") if not each.get("alt")] == []


def test_a_later_run_that_failed_is_told_and_a_newer_one_is_taken(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    for status in ("complete", "complete", "failed"):
        bureau.run(notebook(), status=status)
    made = bureau.report(tmp_path / "out", bureau.release())
    assert made.runs == ("run-0002",)
    assert "run-0003, failed and is not shown" in words(opened(tmp_path / "out"))


def test_what_supervisors_decided_is_told(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    bureau.run(notebook())
    seal = seals.newest(bureau.case.folder)
    assert seal
    supervisor, acting = bureau.desk.sign_in("2002"), bureau.desk.open(bureau.case, "2002")
    shared = {"seal": seal.number, "seal_sha256": seal.sha256, "looked": []}
    acts = [
        {"act": "approve", "subjects": ["run-0001", "capture-0001"], "reason": ""},
        {"act": "reject", "subjects": [f"{CASE}-E0003", "import-0001"], "reason": "the wrong <Ada>"},
    ]
    for number, act in enumerate(acts):
        acting.add_signed("decision", supervisor, REVIEW, {**act, **shared}, seen=number)
    found = opened_report(bureau, tmp_path / "out")
    cover = words(found.find_class("cover")[0])
    assert "run-0001, missing approved by 2002" in cover
    assert "3 captures and imports 1 approved, 1 not yet decided on, 1 rejected" in cover
    assert "import-0001 rejected by 2002" in cover
    assert "rejected by 2002" in words(found.get_element_by_id("L3"))
    assert "On review rejected by 2002" in words(found.get_element_by_id("E0003"))
    assert "the wrong <Ada>" in words(found.get_element_by_id("E0003"))


def test_an_oral_authority_is_called_unratified(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path, oral=True)
    bureau.run(notebook())
    cover = opened_report(bureau, tmp_path / "out").find_class("cover")[0]
    assert "UNRATIFIED" in words(cover)


def test_a_refused_oral_authority_is_called_refused(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path, oral=True)
    first = bureau.case.history().versions[0].sha256
    bureau.case.act(bureau.desk.sign_in("2001"), "refuse", refuses=first, reason="I said no")
    bureau.run(notebook())
    cover = opened_report(bureau, tmp_path / "out").find_class("cover")[0]
    assert "REFUSED: the supervisor refused" in words(cover)
    assert "UNRATIFIED" not in words(cover)


def opened_report(bureau: Bureau, out: Path) -> lxml.html.HtmlElement:
    bureau.report(out, bureau.release())
    return opened(out)


# --- what stays ----------------------------------------------------------------------------------


def test_nothing_acts_and_nothing_is_fetched(bureau: Bureau, page: lxml.html.HtmlElement) -> None:
    text = (bureau.home / "out" / PAGE).read_text("utf-8")
    assert list(fetched(text)) == []
    assert list(page.iter("script", "iframe", "link", "form", "object", "base", "video")) == []
    assert [name for each in page.iter() for name in each.attrib if str(name).startswith("on")] == []
    assert len(list(page.iter("style"))) == 1
    assert "evil.test" not in " ".join(page.xpath("//@href"))
    (policy,) = [each.get("content") for each in page.iter("meta") if each.get("http-equiv")]
    assert "script" not in policy
    assert policy.startswith("default-src 'none'")
    assert "alert('ESCAPED')" in words(page)
    assert "⟨U+202E⟩" in words(page)


def test_contraband_gives_its_hash_and_no_row_of_it(bureau: Bureau, page: lxml.html.HtmlElement) -> None:
    text = (bureau.home / "out" / PAGE).read_text("utf-8")
    assert bureau.done.withheld == (f"{CASE}-E0004",)
    assert "never to be seen" not in text
    assert "from what is contraband" not in text
    assert "it cites E0004, whose bytes are withheld" in text
    held = {each.citation.number: each for each in log.exhibits(bureau.case.folder)}
    assert held[4].sha256 in page.get_element_by_id("E0004").text_content()


def test_what_is_hidden_shows_nothing_of_its_content(page: lxml.html.HtmlElement) -> None:
    hidden = words(page.get_element_by_id("E0002"))
    assert "It is hidden: nothing of its content is shown" in hidden
    assert "Read from it" not in hidden
    assert "second" not in words(page)
    figures = [each for each in page.iter("figure") if f"{CASE}-E000" in each.text_content()]
    assert [bool(each.xpath(".//img")) for each in figures] == [True, False]
    assert "Picture not shown: E0002 is hidden" in figures[1].text_content()


def test_of_what_is_not_shown_neither_name_nor_address_nor_what_officers_wrote_leaves(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    held = list(log.exhibits(bureau.case.folder))
    given = next(each.citation.number for each in held if each.file.endswith(".txt"))
    for number in (1, given):
        annotate(
            bureau.desk.open(bureau.case),
            bureau.desk.sign_in("1001"),
            "note",
            [number],
            "as she told her aunt",
        )
    bureau.run(notebook(*(f"<p><code>{CASE}-E{number:04d}</code></p>" for number in (1, 2, 4, given))))
    shown = opened_report(bureau, tmp_path / "shown")
    assert "=note.txt" in words(shown.get_element_by_id(f"E{given:04d}"))
    assert "statuses/11" in words(shown.get_element_by_id("E0001"))
    for number in (1, given):
        bureau.mark(number, "hidden")
    bureau.run(notebook(*(f"<p><code>{CASE}-E{number:04d}</code></p>" for number in (1, 2, 4, given))))
    found = opened_report(bureau, tmp_path / "out")
    for number in (1, 2, 4, given):
        page = words(found.get_element_by_id(f"E{number:04d}"))
        assert held[number - 1].sha256 in page
        assert "runs/0002-missing" in page
        for gone in ("=note.txt", "social.example", "aunt", "why", "annotations/"):
            assert gone not in page, (number, gone)


@pytest.mark.parametrize("asked", [False, True])
def test_in_a_gang_case_no_page_names_whom_the_notebook_does_not(tmp_path: Path, *, asked: bool) -> None:
    bureau = Bureau(tmp_path)
    bureau.run(notebook(), name="gang", values={"show_bystanders": asked})
    release = bureau.release()
    plain = state.read

    def gang(folder: Path, given: Release) -> state.State:
        found = plain(folder, given)
        return msgspec.structs.replace(
            found, versions=tuple(msgspec.structs.replace(one, purpose="gang") for one in found.versions)
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "read", gang)
        bureau.report(tmp_path / "out", release)
    found = opened(tmp_path / "out")
    page = words(found.get_element_by_id("E0001"))
    assert ("@ada@social.example" in page) == asked
    assert ("social.example" in page) == asked
    assert ("they name accounts that stand under neutral names" in page) != asked
    (link,) = found.xpath(f"//a[.='{CASE}-E0001#/account']")
    assert link.get("href") == ("#E0001/account" if asked else "#E0001")


def test_a_mark_made_after_the_run_takes_all_its_pictures_away(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    bureau.run(notebook(thumbnail(1)))
    bureau.mark(5, "hidden")
    found = opened_report(bureau, tmp_path / "out")
    assert [each for each in found.iter("img") if each.get("src", "").startswith("data:image/png")] == []
    assert "marked after this notebook ran" in words(found)


def test_a_run_is_not_shown_that_is_older_than_a_mark_as_contraband(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    bureau.run(notebook(thumbnail(1)))
    bureau.run(notebook(), name="wanted")
    assert "firstly" in words(opened_report(bureau, tmp_path / "before"))
    bureau.mark(3, "contraband")
    found = opened_report(bureau, tmp_path / "out")
    for run in ("run-0001", "run-0002"):
        section = found.get_element_by_id(run)
        assert "after it, this was marked as contraband: E0003. Run the notebook again." in words(section)
        assert section.xpath(".//td[contains(., 'alert')]") == []
        assert section.xpath(".//pre | .//img | .//figure") == []
    bureau.run(notebook())
    again = opened_report(bureau, tmp_path / "again")
    assert "after it" in words(again.get_element_by_id("run-0002"))
    assert "Last entries" in words(again.get_element_by_id("run-0003"))


# --- leaving -------------------------------------------------------------------------------------


def test_it_is_entered_as_having_left_and_the_case_verifies(bureau: Bureau) -> None:
    entry = next(each for each in log.rare(bureau.case.folder) if each.action == "disseminated")
    listed = (bureau.home / "out" / sums.NAME).read_bytes()
    assert entry.fields == {
        "release": bureau.number,
        "kind": "report",
        "sha256": hashlib.sha256(listed).hexdigest(),
        "exhibits": 3,
    }
    digest = hashlib.sha256((bureau.home / "out" / PAGE).read_bytes()).hexdigest()
    assert listed == f"{digest}  {PAGE}\n".encode()
    assert verified(bureau.case.folder, root=bureau.desk.department.root).ok


def test_equal_seal_and_runs_give_equal_bytes(bureau: Bureau, tmp_path: Path) -> None:
    bureau.desk.now += 60_000_000
    bureau.report(tmp_path / "again", bureau.number)
    assert (tmp_path / "again" / PAGE).read_bytes() == (bureau.home / "out" / PAGE).read_bytes()


def test_nothing_is_reported_without_a_release(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    bureau.run(notebook())
    with pytest.raises(AuthorityError, match="without a release"):
        bureau.report(tmp_path / "out", 1)
    number = bureau.release(kind="package")
    with pytest.raises(AuthorityError, match="without a release"):
        bureau.report(tmp_path / "out", number)
    assert not (tmp_path / "out").exists()


def test_a_release_of_some_exhibits_must_cover_what_is_cited(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    bureau.run(notebook())
    with pytest.raises(AuthorityError, match="does not cover") as told:
        bureau.report(tmp_path / "out", bureau.release([1, 2, 3]))
    assert "E0004" in told.value.found
    assert not (tmp_path / "out").exists()
    assert bureau.report(tmp_path / "out", bureau.release([1, 3, 4])).exhibits == 2


def test_no_run_is_told_with_what_to_do(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    bureau.run(notebook(), status="failed")
    number = bureau.release()
    with pytest.raises(UsageError, match="no run to report") as told:
        bureau.report(tmp_path / "out", number)
    assert "workbench run" in told.value.todo
    assert "missing failed" in told.value.found
    bureau.run(notebook())
    with pytest.raises(UsageError, match="no run"):
        bureau.report(tmp_path / "out", bureau.release(), Asked(notebooks=("wanted",), format="html"))


def test_a_case_that_does_not_verify_is_not_reported(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    bureau.run(notebook())
    number = bureau.release()
    (run,) = bureau.case.folder.glob("runs/*/parameters.json")
    run.write_text("{ }")
    with pytest.raises(IntegrityError, match="does not verify"):
        bureau.report(tmp_path / "out", number)
    assert not (tmp_path / "out").exists()
    assert not [each for each in log.rare(bureau.case.folder) if each.action == "disseminated"]


def test_without_a_browser_the_page_is_made_and_it_is_said(
    bureau: Bureau, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(printing.BROWSER, str(tmp_path / "none"))
    made = bureau.report(tmp_path / "both", bureau.number, Asked(format="both"))
    assert made.files == (PAGE,)
    assert "apt-get install chromium" in made.unprinted
    with pytest.raises(UsageError, match="no browser"):
        bureau.report(tmp_path / "pdf", bureau.number, Asked(format="pdf"))
    assert not (tmp_path / "pdf").exists()


def test_a_browser_that_fails_costs_the_print_only(
    bureau: Bureau, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "browser"
    program.write_text('#!/bin/sh\ntest "$1" = --version && echo Chromium 200.0.1.2 || exit 3\n')
    program.chmod(0o755)
    monkeypatch.setenv(printing.BROWSER, str(program))
    made = bureau.report(tmp_path / "both", bureau.number, Asked(format="both"))
    assert made.files == (PAGE,)
    assert "did not print" in made.unprinted
    assert not (tmp_path / "both" / PRINT).exists()
