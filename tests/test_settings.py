"""The settings: read once, refused when they cannot be meant."""

from pathlib import Path

import pytest

from calls.errors import SettingsError
from settings import SAMPLE_OFFICE, Settings


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder, a data folder and an environment of its own."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ANTESALA_{name.upper()}", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    return tmp_path


def test_nothing_has_to_be_set(elsewhere: Path) -> None:
    settings = Settings.read()
    assert (settings.host, settings.port, settings.token, settings.model) == ("127.0.0.1", 8080, None, None)
    assert settings.office == SAMPLE_OFFICE
    assert settings.data == elsewhere / "share" / "antesala" and settings.data.is_dir()
    assert settings.records_url == f"sqlite:///{settings.data}/records.sqlite"


def test_an_office_here_comes_before_the_sample(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "office").mkdir()
    assert Settings.read().office == Path("office")
    monkeypatch.setenv("ANTESALA_OFFICE", "~/elsewhere")
    assert Settings.read().office == Path.home() / "elsewhere"
    assert Settings.read(office=elsewhere, data=None).office == elsewhere


def test_what_is_read_stays(elsewhere: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings.read().port = 1


@pytest.mark.parametrize(
    "placeholder",
    ["changeme", "CHANGE_ME", "secret", "Password", "xxx", "***", "<token>", "your-token-here", "${TOKEN}"],
)
@pytest.mark.parametrize("name", ["ANTESALA_TOKEN", "ANTESALA_TWILIO_AUTH_TOKEN"])
def test_placeholders_are_refused(name: str, placeholder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, placeholder)
    with pytest.raises(SettingsError, match=f"{name}: it is still a placeholder"):
        Settings.read()


def test_a_real_secret_is_taken_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTESALA_TOKEN", "k3yT7-x9Qw")
    settings = Settings.read()
    assert settings.token is not None and settings.token.get_secret_value() == "k3yT7-x9Qw"
    assert "k3yT7" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("TOKEN", " ", "it is empty"),
        ("MODEL", "", "it is empty"),
        ("PORT", "80000", "less than or equal to 65535"),
        ("PORT", "http", "valid integer"),
        ("PUBLIC_URL", "tel.example.com", "begins with http:// or https://"),
        ("MODEL_URL", "localhost:11434/v1", "begins with http:// or https://"),
        ("MAX_CALLS", "0", "greater than or equal to 1"),
        ("LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(
    name: str, value: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"ANTESALA_{name}", value)
    with pytest.raises(SettingsError) as refused:
        Settings.read()
    assert str(refused.value).startswith(f"ANTESALA_{name}: ") and what in str(refused.value)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.20", "::", "example.com"])
def test_some_addresses_are_reached_by_others(host: str) -> None:
    assert not Settings.read(host=host).loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_this_machine_alone_needs_none(host: str) -> None:
    assert Settings.read(host=host).loopback


def test_a_data_folder_that_cannot_be_written_is_named(elsewhere: Path) -> None:
    (elsewhere / "file").touch()
    with pytest.raises(
        SettingsError, match=r"The data folder .*/file/data cannot be written to .*--data or ANTESALA_DATA"
    ):
        Settings.read(data=elsewhere / "file" / "data")
