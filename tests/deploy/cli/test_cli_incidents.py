"""`vigil demo --incidents`: outcomes of a population, beside the truth, without a node."""

from pathlib import Path

import msgspec
from typer.testing import CliRunner

from deploy.cli.app import make_app

RUN = CliRunner()


def test_it_shows_outcomes_and_the_truth(tmp_path: Path) -> None:
    """And draws them; the same seed says the same."""
    plot = tmp_path / "plot.svg"
    given = ["demo", "--story", "roadside", "--incidents", "16", "--seed", "3"]
    done = RUN.invoke(make_app(), [*given, "--plot", str(plot)])
    plain = RUN.invoke(make_app(), [*given, "--json"])
    found = msgspec.json.decode(plain.stdout)

    assert 0 == done.exit_code, done.output
    assert "roadside: 50.0% held out, 0 still followed" in done.output
    assert "The truth of this population, of 16 persons (seed 3):" in done.output
    assert plot.read_text().startswith("<svg ")
    assert 16 == found["treated"] + found["held_out"]
    assert f"calls truly avoided: {found['calls_truly_avoided']:.0f}" in done.output


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    """Another story, a folder that is not there, options without it."""
    ends = [
        RUN.invoke(make_app(), ["demo", *given])
        for given in (
            ["--story", "service", "--incidents", "3"],
            ["--incidents", "3", "--plot", str(tmp_path / "no" / "plot.svg")],
            ["--json"],
        )
    ]

    assert [2, 2, 2] == [done.exit_code for done in ends]
    assert "only roadside" in ends[0].output
