# Antesala. `make help` lists what there is; only Python 3.11 or later and a package index are needed.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
BIN := .venv/bin
OUT := out
SOURCES := agent audio calls console evals knowledge lines notices prompts records cli.py cli_eval.py cli_init.py cli_keeping.py cli_knowledge.py cli_line.py cli_office.py cli_people.py doctor.py engines.py house.py offices.py server.py settings.py
# Their slow tests keep nobody waiting on the telephone, so that two may run beside each other.
AS_FAST_AS_IT_GOES := tests/agent tests/contracts tests/knowledge tests/played tests/records
# Real engines on a real clock may lose to a busy machine once, never twice; what was run again is listed at the end.
ONCE_MORE := --reruns 1 -rR

.DEFAULT_GOAL := help
.PHONY: help setup run serve test check bench audit clean

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: .venv/.ready  ## makes .venv with everything and gets the models (once)

.venv/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Antesala needs Python 3.11 or later: make PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --prefer-binary -c constraints.txt -e '.[natural,fast,local,sip,dev]'
	$(BIN)/antesala models fetch default
	@touch $@

run: setup  ## plays the sample call through everything: transcript here, the reply in out/reply.wav
	@mkdir -p $(OUT)
	$(BIN)/antesala replay evals/callers/message_es.wav --number +34600111222 --reply $(OUT)/reply.wav --log $(OUT)/call.json
	@echo
	@echo "The receptionist's side is in $(OUT)/reply.wav, the whole call in $(OUT)/call.json."
	@echo "To talk to it yourself:  make serve,  then open http://127.0.0.1:8080/call"

serve: setup  ## answers calls on http://127.0.0.1:8080
	$(BIN)/antesala serve

test: setup  ## the quick tests
	$(BIN)/pytest -q -n auto --dist loadfile -m "not slow and not browser"

check: setup  ## what CI runs: style, types and every test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(wildcard $(SOURCES))
	$(BIN)/pytest -q $(ONCE_MORE) -n auto --dist loadfile -m "not slow and not browser"
	OMP_NUM_THREADS=1 $(BIN)/pytest -q $(ONCE_MORE) -n auto --dist loadfile -m "slow and not browser" $(AS_FAST_AS_IT_GOES)
	$(BIN)/pytest -q $(ONCE_MORE) -m "slow or browser" $(AS_FAST_AS_IT_GOES:%=--ignore=%)

bench: setup  ## measures it all; reports in out/
	$(BIN)/antesala bench

audit: setup  ## looks for weaknesses in the code with bandit
	$(BIN)/bandit -q -r . -ll -x ./.venv,./tests,./out,./build,./data

clean:  ## removes what was made here, .venv included
	rm -rf .venv $(OUT) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
