# cook: install and run the tiny recipe · test: the whole gate · docs: the site · lab: JupyterLab · bench: measure
PYTHON ?= $(shell command -v python3.11 || command -v python3)
TORCH  ?= $(shell command -v nvidia-smi >/dev/null && echo cuda || echo cpu)
RECIPE ?= tiny
BIN     = .venv/bin
PIP     = $(BIN)/pip install -q --disable-pip-version-check -c .ci/constraints.txt
CPU     = $(if $(filter cpu-Linux-x86_64,$(TORCH)-$(shell uname -sm | tr ' ' -)),+cpu)
INDEX   = https://download.pytorch.org/whl/cpu

cook: .venv/cook
	$(BIN)/opencookbook cook $(RECIPE)
test: .venv/test
	$(BIN)/python tests/gate.py
docs: .venv/test
	if command -v quarto >/dev/null; then $(BIN)/nbdev_docs; else $(BIN)/python nbs/_site/build.py _docs; fi
lab: .venv/test
	$(BIN)/jupyter lab nbs --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate
bench: .venv/test
	$(BIN)/python tests/benchmarks/run.py
clean:
	rm -rf .venv runs _docs _proc build *.egg-info

.venv/pip:
	$(PYTHON) -m venv .venv
	$(PIP) torch==2.13.0$(CPU) $(if $(CPU),2>/dev/null || $(PIP) torch==2.13.0$(CPU) --index-url $(INDEX))
	touch $@
.venv/cook: .venv/pip settings.ini setup.py .ci/constraints.txt
	$(PIP) -e '.[train]'
	touch $@
.venv/test: .venv/cook
	$(PIP) -e '.[train,post,eval,docs,dev,cluster]'
	touch $@
.PHONY: cook test docs lab bench clean
