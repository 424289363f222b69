"""The settings, all in one frozen object, read once from the environment (`ANTESALA_*`)."""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from calls.errors import SettingsError
from calls.sealing import NO_KEYS, Keys

SAMPLE_OFFICE = Path(__file__).parent / "knowledge" / "sample"
PREFIX = "ANTESALA_"

_PLACEHOLDER = re.compile(
    r"(change[-_ ]?(me|this|it)|secret|password|passwd|token|placeholder|example|default|todo|none|null"
    r"|x+|\*+|\.+|<.*>|\$\{.*\}|(your|my)[-_ ].*)",
    re.IGNORECASE,
)


def _office() -> Path:
    here = Path("office")
    return here if here.is_dir() else SAMPLE_OFFICE


def _data() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "antesala"


class Settings(BaseSettings):
    """What can be chosen without touching the code. Every field is described: README's table is made of this."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="address to listen on; beyond loopback an account or a token is needed")
    port: int = Field(8080, ge=0, le=65535, description="port to listen on")
    public_url: str | None = Field(
        None, description="how the outside reaches this server, e.g. `https://tel.example.com`"
    )
    office: Path = Field(
        default_factory=_office, description="the office folder; else `./office`, else the sample office"
    )
    data: Path = Field(
        default_factory=_data, description="records, index and weights; else `antesala` in the user's data folder"
    )
    token: SecretStr | None = Field(None, description="full-rights token, for automation; people have accounts")
    oidc_issuer: str | None = Field(
        None, description="the company's own accounts: an OpenID Connect provider, e.g. `https://login.example.com`"
    )
    oidc_client: str | None = Field(None, description="what that provider calls this house")
    oidc_secret: SecretStr | None = Field(None, description="and the secret that it gave it")
    database_url: str | None = Field(None, description="SQLAlchemy URL of the records; else SQLite in the data folder")
    inner_url: str | None = Field(
        None,
        description="how this office's other servers reach this one, e.g. `http://10.0.0.5:8080`; for several servers "
        "with one PostgreSQL, each with a data folder of its own",
    )
    chroma_url: str | None = Field(
        None, description="a Chroma server, e.g. `http://127.0.0.1:8000`; else kept in the data folder"
    )

    seal_key: SecretStr | None = Field(
        None,
        description="seals what is kept of calls, words and sound; `antesala key new` makes one. With the earlier keys "
        "after it, separated by commas, they still open what they sealed",
    )
    seal_key_file: Path | None = Field(None, description="a file with those keys, instead")
    keep_transcripts_days: int = Field(30, ge=1, description="days after which what was said in a call is taken out")
    keep_calls_days: int = Field(
        365, ge=1, description="days after which a call, its messages and settled promises are taken out"
    )

    model: str | None = Field(
        None,
        description="the mind: `house`, `openai:...`, `anthropic:...`, `ollama:...`, `gguf:PATH`; else the first that "
        "a key or a local Ollama offers, else `house`",
    )
    model_url: str | None = Field(
        None, description="base URL, `/v1` included, of an OpenAI-compatible server for `openai:...`"
    )
    first_token_s: float = Field(
        2.5, gt=0, le=30, description="seconds the mind may take for its first words before the house model stands in"
    )

    ears: str = Field("auto", description="`auto`, `whisper`, `fast` (faster-whisper) or `pipecat:MODULE.CLASS`")
    ears_params: dict[str, Any] = Field({}, description="JSON: what a Pipecat service for the ears is made with")
    whisper_model: str = Field("base", description="which Whisper: `base`, or one that `antesala models fetch` got")
    voice: str = Field("auto", description="`auto`, `kokoro`, `pyttsx3`, `piper` or `pipecat:MODULE.CLASS`")
    voice_params: dict[str, Any] = Field({}, description="JSON: what a Pipecat service for the voice is made with")
    voice_es: str | None = Field(None, description="name of the Spanish voice, as the chosen engine calls it")
    voice_en: str | None = Field(None, description="name of the English voice, as the chosen engine calls it")

    calendar_url: SecretStr | None = Field(
        None,
        description="the executive's calendar, of which only free and busy is used: an address that ends in `.ics`, "
        "or a CalDAV collection, `https://user:password@host/path/`; else `calendar.ics` of the office folder",
    )
    topics: Path | None = Field(
        None, description="a YAML file of topics to keep out beside politics, religion and sex: sentences by name"
    )

    max_calls: int | None = Field(
        None,
        ge=1,
        le=500,
        description="calls served at once, more leave a number; else as measured at start",
    )
    calls_per_number: int = Field(
        10, ge=0, description="calls that one number may make in ten minutes before it leaves a number; 0: any"
    )
    longest_call_minutes: int = Field(30, ge=1, description="minutes after which a call is ended kindly")
    sip_listen: str | None = Field(
        None, description="where the telephone listens for SIP, e.g. `127.0.0.1:5060`; unset: no SIP"
    )
    sip_allow: str | None = Field(
        None, description="networks that may ring by SIP, e.g. `203.0.113.0/24,198.51.100.7`; else this machine only"
    )
    sip_register: SecretStr | None = Field(
        None, description="account at a trunk or PBX: `sip:USER:PASSWORD@HOST[;transport=tls][;auth=NAME][;proxy=HOST]`"
    )
    sip_rtp_ports: str = Field("10000-10999", pattern=r"\d+-\d+", description="UDP ports of the telephone's sound")
    sip_desk: str | None = Field(
        None, description="where a hand-off rings by SIP, e.g. `sip:201@pbx.example`; else only the desk rings"
    )
    audiosocket_listen: str | None = Field(
        None, description="where Asterisk's AudioSocket connects, e.g. `127.0.0.1:9092`; unset: no AudioSocket"
    )
    asterisk_token: SecretStr | None = Field(
        None, description="lets an Asterisk on another machine in, by AudioSocket or WebSocket"
    )
    telnyx_public_key: str | None = Field(None, description="checks the signature of Telnyx's requests")
    plivo_auth_token: SecretStr | None = Field(None, description="checks the signature of Plivo's requests")
    twilio_auth_token: SecretStr | None = Field(None, description="checks the signature of Twilio's requests")
    twilio_account: str | None = Field(
        None, description="Twilio's account SID, for notices by SMS and `ANTESALA_TWILIO_DESK`"
    )
    twilio_number: str | None = Field(None, description="the number that notices by SMS come from")
    twilio_desk: str | None = Field(
        None, description="the assistant's number, which a hand-off of a call by Twilio rings; else only the desk rings"
    )
    twilio_api: str = Field("https://api.twilio.com", description="Twilio's API, or that of another region")
    smtp_url: SecretStr | None = Field(
        None, description="mail server for notices, `smtp://user:password@host:587` or `smtps://...`"
    )
    smtp_from: str | None = Field(None, description="the address that notices by e-mail come from")
    imap_url: SecretStr | None = Field(
        None,
        description="the mailbox of that address, where answers to the digest are read: `imaps://user:password@host/INBOX`",
    )
    webhook_secret: SecretStr | None = Field(
        None, description="notices to webhooks are signed with keys derived from it"
    )
    otlp_url: str | None = Field(
        None, description="an OpenTelemetry collector for traces, OTLP over gRPC, e.g. `http://127.0.0.1:4317`"
    )
    log_format: Literal["plain", "json"] = Field("plain", description="how log lines are written")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="how much is logged")

    @classmethod
    def read(cls, **given: Any) -> Settings:
        """This process's settings; what is `given` (and not None) wins over the environment. Raises SettingsError."""
        try:
            settings = cls(**{name: value for name, value in given.items() if value is not None})
        except ValidationError as invalid:
            raise SettingsError("\n".join(_spelled(error) for error in invalid.errors())) from None
        _writable(settings.data)
        return settings

    @field_validator("*", mode="before")
    @classmethod
    def _not_empty(cls, value: Any) -> Any:
        if isinstance(value, str) and not value.strip():
            raise ValueError("it is empty; give it a value or remove it")
        return value.strip() if isinstance(value, str) else value

    @field_validator("token", "twilio_auth_token", "webhook_secret", "asterisk_token", "plivo_auth_token")
    @classmethod
    def _no_placeholder(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and _PLACEHOLDER.fullmatch(value.get_secret_value()):
            raise ValueError(
                "it is still a placeholder; make one with `python -c 'import secrets; print(secrets.token_urlsafe())'`"
            )
        return value

    @field_validator("public_url", "model_url", "chroma_url", "twilio_api", "otlp_url", "inner_url", "oidc_issuer")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None and not re.match(r"https?://[^/\s]+", value):
            raise ValueError("it must be a web address that begins with http:// or https://")
        return value and value.rstrip("/")

    @field_validator("office", "data")
    @classmethod
    def _at_home(cls, value: Path) -> Path:
        return value.expanduser()

    @model_validator(mode="after")
    def _keys_fit(self) -> Settings:
        try:
            self.keys  # noqa: B018  (read once, so that what is wrong is told at the start)
        except SettingsError as error:
            raise ValueError(f"{PREFIX}SEAL_KEY: {str(error).removesuffix('.')}") from None
        return self

    @property
    def keys(self) -> Keys:
        """What opens and seals what is kept of calls. Raises SettingsError."""
        if self.seal_key_file and not self.seal_key:
            try:
                return Keys.read(self.seal_key_file.expanduser().read_text(encoding="ascii"))
            except (OSError, ValueError) as error:
                raise SettingsError(f"{self.seal_key_file} cannot be read ({type(error).__name__}).") from None
        return Keys.read(self.seal_key.get_secret_value()) if self.seal_key else NO_KEYS

    @property
    def records_url(self) -> str:
        """Where the records are kept, as SQLAlchemy names it."""
        return self.database_url or f"sqlite:///{self.data / 'records.sqlite'}"

    @property
    def most_at_once(self) -> int:
        """Calls that the telephone may hold at once, those that leave a number included."""
        return 4 * (self.max_calls or 125)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def _spelled(error: Any) -> str:
    """One of pydantic's errors as a person reads it: which setting, what is wrong, the mend."""
    what = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return what + "."
    return f"{PREFIX}{str(error['loc'][0]).upper()}: {what}."


def _writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SettingsError(
            f"The data folder {folder} cannot be written to ({error.strerror}). "
            f"Give another one with --data or {PREFIX}DATA, or change its owner."
        ) from None
