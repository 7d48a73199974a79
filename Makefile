.PHONY: check test golden
check:
	ruff format --check nasdsl tests
	ruff check nasdsl tests
	lint-imports
	pyright
	nasdsl fmt --check spaces
test:
	python -m pytest -n auto --dist loadfile
golden:
	NASDSL_UPDATE_GOLDEN=1 python -m pytest tests/syntax/test_tables.py tests/semantics/test_bad.py tests/oneshot/test_strategy_table.py tests/spaces/test_frozen.py tests/passes/test_fixtures.py
