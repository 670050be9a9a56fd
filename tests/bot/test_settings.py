"""Settings: where they come from, which goes first, and how a bad one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import settings
from bot.settings import SettingInvalid


def test_the_defaults_need_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUOTH_HISTORY")

    chosen = settings.load()

    assert (chosen.articles, chosen.index) == (Path("data/articles"), Path("data/index"))
    assert (chosen.encoder, chosen.device, chosen.top, chosen.confidence) == ("bundled", None, 3, 0.27)
    assert chosen.history.name == "history"


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("QUOTH_TOP=5\nQUOTH_INDEX=from-file\nQUOTH_DEVICE=\nOTHER=1\n", encoding="utf-8")
    monkeypatch.setenv("QUOTH_TOP", "6")

    assert settings.load().index == Path("from-file")
    assert settings.load().device is None
    assert settings.load().top == 6
    assert settings.load(top=7, index=None).top == 7


@pytest.mark.parametrize(
    ("said", "probability"), [("bold", 0.1), ("Balanced ", 0.27), ("careful", 0.5), ("0.95", 0.95), ("0", 0.0)]
)
def test_confidence_is_a_word_or_a_number(said: str, probability: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_CONFIDENCE", said)

    assert settings.load().confidence == probability


@pytest.mark.parametrize(
    ("variable", "value", "wanted"),
    [
        ("QUOTH_TOP", "many", "whole number"),
        ("QUOTH_TOP", "0", "from 1"),
        ("QUOTH_OCR", "1", "languages that tesseract knows"),
        ("QUOTH_CONFIDENCE", "reckless", "bold, balanced, careful"),
        ("QUOTH_CONFIDENCE", "1.5", "from 0 to 1"),
        ("QUOTH_CONFIDENCE", "nan", "from 0 to 1"),
        ("QUOTH_FETCH_HOSTS", "https://wiki.example.org/", "names of hosts"),
        ("QUOTH_DISCORD_GUILDS", "here", "ids of servers"),
        ("QUOTH_DISCORD_TEST_GUILD", "0", "the id of a server"),
        ("QUOTH_DISCORD_COOLDOWN", "inf", "seconds"),
        ("QUOTH_LOG_LEVEL", "loud", "debug, info"),
        ("QUOTH_ARTICLES", "~nobody-of-that-name/news", "the path of a folder"),
        ("QUOTH_INDEX", "~nobody-of-that-name/index", "the path of a folder"),
        ("QUOTH_STATE", "~nobody-of-that-name", "the path of a folder"),
        ("QUOTH_INDEX", "milvus://store:99999/quoth", "milvus://host:19530/name"),
        ("QUOTH_INDEX", "milvus://store:0/quoth", "milvus://host:19530/name"),
    ],
)
def test_a_bad_value_is_named_with_what_would_be_good(
    variable: str, value: str, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(SettingInvalid) as caught:
        settings.load()

    assert (caught.value.variable, caught.value.value) == (variable, value)
    assert wanted in caught.value.wanted


@pytest.mark.parametrize("variable", ["QUOTH_ARTICLES", "QUOTH_INDEX", "QUOTH_COLLECTIONS"])
def test_a_path_that_no_file_can_have_is_named(variable: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(f"{variable}=a\0b\n".encode())

    with pytest.raises(SettingInvalid) as caught:
        settings.load()

    assert caught.value.variable == variable


@pytest.mark.parametrize("written", ['"{}"', "'{}'", " {} ", "{}\r"])
def test_what_docker_leaves_around_a_value_is_no_part_of_it(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("TOP", "5"), ("ARTICLES", "news"), ("INDEX_ONLY", "true"), ("DISCORD_GUILDS", "1,2")):
        monkeypatch.setenv(f"QUOTH_{name}", written.format(value))
    monkeypatch.setenv("DISCORD_TOKEN", written.format("to.k.en"))

    chosen = settings.load()

    assert (chosen.top, chosen.articles, chosen.index_only) == (5, Path("news"), True)
    assert chosen.discord_guilds == {1, 2}
    assert chosen.discord_token
    assert chosen.discord_token.get_secret_value() == "to.k.en"


def test_blanks_alone_are_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ARTICLES", "TOP", "DEVICE"):
        monkeypatch.setenv(f"QUOTH_{name}", '" "')

    chosen = settings.load()

    assert (chosen.articles, chosen.top, chosen.device) == (Path("data/articles"), 3, None)


def test_a_name_that_is_no_setting_is_found_with_the_one_that_was_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("QUOTH_DISCORD_GUILD=1\nQUOTH_TOP=5\nOTHER=1\n", encoding="utf-8")
    monkeypatch.setenv("QUOTH_QQQ", "2")
    monkeypatch.setenv("quoth_articles", "news")
    monkeypatch.setenv("DISCORD_TOKEN", "to.k.en")

    assert settings.unknown() == {"QUOTH_DISCORD_GUILD": "QUOTH_DISCORD_GUILDS", "QUOTH_QQQ": None}


def test_hosts_of_other_scripts_are_those_that_browsers_and_servers_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_FETCH_HOSTS", "wiki.example.org, M\u00fcnchen.example")
    monkeypatch.setenv("QUOTH_SERVE_ORIGINS", "https://m\u00fcnchen.example:8443")

    chosen = settings.load()

    assert chosen.fetch_hosts == {"wiki.example.org", "xn--mnchen-3ya.example"}
    assert chosen.serve_origins == {"https://xn--mnchen-3ya.example:8443"}
    monkeypatch.setenv("QUOTH_FETCH_HOSTS", "\u00fc" * 70)
    with pytest.raises(settings.SettingInvalid, match="FETCH_HOSTS"):
        settings.load()


def test_what_kubernetes_sets_for_a_service_called_quoth_is_no_slip(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUOTH_SERVICE_HOST", "QUOTH_SERVICE_PORT", "QUOTH_SERVICE_PORT_HTTP", "QUOTH_PORT_8000_TCP_PORT"):
        monkeypatch.setenv(name, "8000")

    assert set(settings.unknown().values()) == {None}


def test_every_setting_has_words_for_a_bad_value() -> None:
    assert set(settings._WANTED) == set(settings.Settings.model_fields)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"QUOTH_TOP=\xff\xfe")

    with pytest.raises(SettingInvalid) as caught:
        settings.load()

    assert caught.value.variable == ".env"


def test_a_quotation_mark_that_is_not_closed_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('# mine\nQUOTH_TOP=5\nQUOTH_SERVE_TOKEN="abc\n', encoding="utf-8")

    with pytest.raises(SettingInvalid) as caught:
        settings.load()

    assert (caught.value.variable, caught.value.value) == (".env", "broken in line 3")


def test_a_password_in_an_address_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_INDEX", "milvus://root:secret@host:19530/news")

    with pytest.raises(SettingInvalid) as caught:
        settings.load()

    assert caught.value.value == "milvus://…@host:19530/news"


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("QUOTH_ARTICLES", "~/news")

    assert settings.load().articles == Path("/home/somebody/news")


def test_the_token_comes_under_two_names_and_shows_under_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DISCORD_TOKEN=from-file\n", encoding="utf-8")
    assert "from-file" not in repr(settings.load())
    monkeypatch.setenv("QUOTH_DISCORD_TOKEN", "own")
    monkeypatch.setenv("DISCORD_TOKEN", "usual")

    token = settings.load().discord_token

    assert token is not None
    assert (token.get_secret_value(), str(token)) == ("own", "**********")


def test_ids_are_listed_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_DISCORD_CHANNELS", "12, 34,56")
    monkeypatch.setenv("QUOTH_LOG_LEVEL", "Debug")

    assert settings.load().discord_channels == {12, 34, 56}
    assert settings.load().log_level == "debug"


def test_hosts_to_fetch_from_are_listed_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_FETCH_HOSTS", "Wiki.example.org, 10.0.0.7 ::1")

    assert settings.load().fetch_hosts == {"wiki.example.org", "10.0.0.7", "::1"}
