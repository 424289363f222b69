"""Which language model answers, and why."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel

from agent.gguf import CONTEXT, GgufServer
from calls.errors import SettingsError

DEFAULTS = {"OPENAI_API_KEY": "openai:gpt-4.1-mini", "ANTHROPIC_API_KEY": "anthropic:claude-haiku-4-5"}
"""What a key in the environment offers when no model is named: quick models that call tools."""
_KEYS = {name.split(":")[0]: key for key, name in DEFAULTS.items()}
_OLLAMA_S = 0.5
"""How long a local Ollama may take to say that it is there."""


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """The model that answers. `name` as in the settings; `server` is set when we serve it ourselves."""

    name: str
    model: BaseChatModel
    why: str
    server: GgufServer | None = None

    def __str__(self) -> str:
        return f"The mind is {self.name}: {self.why}."

    async def start(self) -> None:
        """Makes the model ready to be asked. Raises WeightsError when a file of weights can't be served."""
        if self.server:
            await self.server.start()

    async def stop(self) -> None:
        """Ends what `start` began."""
        if self.server:
            await self.server.stop()


def choose_model(model: str | None, model_url: str | None, env: Mapping[str, str], house: BaseChatModel) -> ChosenModel:
    """The model that the settings ask for; unset, the first that a key or a local Ollama offers, else `house`.

    `model`: ``house``, ``gguf:PATH`` or a string of LangChain's `init_chat_model` (``provider:name``). `model_url`:
    base URL of the provider's API, for ``openai:`` with ``/v1``. Raises SettingsError when it can't be had.
    """
    if model is None:
        return _offered(model_url, env) or ChosenModel("house", house, "no model is set, no key or local Ollama found")
    if model == "house":
        return ChosenModel("house", house, "ANTESALA_MODEL says so")
    if model.startswith("gguf:"):
        return _from_file(Path(model.removeprefix("gguf:")).expanduser())
    where = f", served at {model_url}" if model_url else ""
    return ChosenModel(model, _built(model, model_url, env), f"ANTESALA_MODEL says so{where}")


def _offered(model_url: str | None, env: Mapping[str, str]) -> ChosenModel | None:
    if model_url:
        raise SettingsError("ANTESALA_MODEL_URL is set without a model. Set ANTESALA_MODEL=openai:NAME too.")
    for key, name in DEFAULTS.items():
        if env.get(key, "").strip():
            return ChosenModel(name, _built(name, None, env), f"{key} is set")
    url = ollama_url(env)
    if found := _ollama_model(url):
        return ChosenModel(f"ollama:{found}", _built(f"ollama:{found}", url, env), f"Ollama answers at {url}")
    return None


def _built(model: str, model_url: str | None, env: Mapping[str, str]) -> BaseChatModel:
    provider, _, name = model.partition(":")
    if not name:
        raise SettingsError(f"ANTESALA_MODEL={model} names no provider. Write provider:name, such as openai:{model}.")
    options: dict[str, Any] = {}
    if key := _KEYS.get(provider):
        options = {"api_key": _key(key, model, model_url, env), "max_retries": 0}
    if model_url:
        options["base_url"] = model_url
        if provider == "openai":
            options |= {"use_responses_api": False}
    if provider == "ollama":
        options = {"base_url": ollama_url(env), "num_ctx": CONTEXT, "reasoning": False} | options
    try:
        built: BaseChatModel = init_chat_model(name, model_provider=provider, **options)
    except ImportError as error:
        package = f"langchain-{provider.replace('_', '-')}"
        raise SettingsError(
            f"ANTESALA_MODEL={model} needs a package that is missing: pip install {package}."
        ) from error
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise SettingsError(f"ANTESALA_MODEL={model} can't be used: {reason}. Check the name and its key.") from error
    return built


def _key(key: str, model: str, model_url: str | None, env: Mapping[str, str]) -> str:
    if value := env.get(key, "").strip():
        return value
    if model_url and key == "OPENAI_API_KEY":
        return "none"
    raise SettingsError(f"ANTESALA_MODEL={model} needs {key} in the environment. Set it, or ANTESALA_MODEL=house.")


def _from_file(path: Path) -> ChosenModel:
    if find_spec("xllamacpp") is None:
        raise SettingsError(f"ANTESALA_MODEL=gguf:{path} needs xllamacpp: pip install 'antesala[local]'.")
    if not path.is_file():
        raise SettingsError(f"ANTESALA_MODEL=gguf:{path}: there is no such file. Give the path of a GGUF file.")
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise SettingsError(f"ANTESALA_MODEL=gguf:{path} is not a GGUF file. Download it again or give another.")
    server = GgufServer(path)
    model = _built("openai:local", server.url, {"OPENAI_API_KEY": server.key})
    return ChosenModel(f"gguf:{path}", model, "ANTESALA_MODEL says so", server)


def ollama_url(env: Mapping[str, str]) -> str:
    """Where Ollama listens, from `OLLAMA_HOST` as Ollama itself reads it."""
    host = env.get("OLLAMA_HOST", "").strip() or "127.0.0.1"
    scheme, _, rest = host.rpartition("://")
    rest = rest.rstrip("/").replace("0.0.0.0", "127.0.0.1")  # nosec B104: replaced, not bound
    if not scheme and ":" not in rest:
        rest += ":11434"
    return f"{scheme or 'http'}://{rest}"


def _ollama_model(url: str) -> str | None:
    """The first model there that calls tools."""
    try:
        for model in _asked(f"{url}/api/tags")["models"]:
            if "tools" in _asked(f"{url}/api/show", {"model": model["name"]}).get("capabilities", ()):
                return str(model["name"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _asked(url: str, body: dict[str, str] | None = None) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=_OLLAMA_S) as answer:
        return json.load(answer)
