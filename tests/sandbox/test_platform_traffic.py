"""The platform without a network: what its fleets run, when they take up a change, and what their traffic shows."""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.sandbox.platform import envfile
from bot.sandbox.platform.chance import BOUNDS, binomial, poisson, quantile, spread
from bot.sandbox.platform.exposition import OTEL, SIMPLE, exposition
from bot.sandbox.platform.fleet import Platform
from bot.sandbox.platform.settings import STAGES, Settings, settings_from
from bot.sandbox.platform.worker import RestartFailed
from bot.sandbox.provider.server import Provider

VARIABLE = "CRUVERO_OPENROUTER_MODEL"
QUICK = Settings(restart_seconds=0.0)
Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


async def opened(directory: Path, settings: Settings = QUICK, provider: Provider | None = None) -> Platform:
    platform = Platform(directory, provider or Provider(), settings=settings, clock=lambda: 1_800_000_000.0)
    await platform.open()
    return platform


def play(platform: Platform, seconds: float) -> None:
    for _ in range(round(seconds / 0.05)):
        platform.tick(0.05)


def write(platform: Platform, stage: str, model: str) -> None:
    path = platform.fleets[stage].path
    path.write_text(re.sub(rf"{VARIABLE}=\S+", f"{VARIABLE}={model}", path.read_text()))


async def rotate(platform: Platform, model: str, *stages: str) -> None:
    for stage in stages:
        write(platform, stage, model)
        await platform.restart(stage)


def samples(platform: Platform, *stages: str) -> Samples:
    tallies = {key: tally for stage in stages or STAGES for key, tally in platform.fleets[stage].tallies.items()}
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(exposition(tallies))
        for sample in family.samples
    }


def total(found: Samples, name: str, **labels: str) -> float:
    wanted = set(labels.items())
    return sum(value for (each, have), value in found.items() if each == name and wanted <= have)


def since(after: Samples, before: Samples) -> Samples:
    return {key: value - before.get(key, 0.0) for key, value in after.items()}


async def test_files_are_made_once_with_comments_other_variables_and_mode_0640(tmp_path: Path) -> None:
    await opened(tmp_path)
    for stage in STAGES:
        path = tmp_path / f"{stage}.env"
        text = path.read_text()
        assert f"{VARIABLE}=acme/sable-4" in text
        assert text.startswith("#")
        assert "LOG_LEVEL" in text
        assert path.stat().st_mode & 0o777 == 0o640
    (tmp_path / "global.env").write_text(f"{VARIABLE}=acme/sable-3\n")
    platform = await opened(tmp_path)
    assert (tmp_path / "global.env").read_text() == f"{VARIABLE}=acme/sable-3\n"
    assert platform.fleets["global"].running == "acme/sable-3"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=1\nM=acme/sable-4\n", "acme/sable-4"),
        ("export M = 'a/b'\n", "a/b"),
        ('M="a/b" # the good one\n', "a/b"),
        ("M=a/b   # the good one\n", "a/b"),
        ("M=a/b\nM=c/d\n", "c/d"),
        ("#M=a/b\n", None),
        ("M=\n", None),
        ("MM=a/b\n", None),
        ("", None),
    ],
)
def test_reads_a_variable_as_a_shell_would(tmp_path: Path, text: str, value: str | None) -> None:
    path = tmp_path / "x.env"
    path.write_text(text)
    assert envfile.value_in(path, "M") == value


async def test_thirty_tenants_three_of_them_pilots_and_a_synthetic_one(tmp_path: Path) -> None:
    platform = await opened(tmp_path)
    play(platform, 0.2)
    names = {stage: [tenant.name for tenant in platform.fleets[stage].tenants] for stage in STAGES}
    assert names["pilots"] == ["northwind", "globex", "initech"]
    assert names["staging"] == ["synthetic"]
    assert len(names["pilots"]) + len(names["global"]) == 30
    seen = samples(platform)
    for stage, tenants in names.items():
        for tenant in tenants:
            assert total(seen, "llm_requests_total", env=stage, tenant=tenant) > 0


async def test_a_written_file_counts_only_after_a_restart(tmp_path: Path) -> None:
    platform = await opened(tmp_path)
    write(platform, "pilots", "acme/sable-5")
    play(platform, 0.2)
    shown = platform.stage_snapshot("pilots")
    assert (shown["configured"], shown["running"]) == ("acme/sable-5", "acme/sable-4")
    before = samples(platform)
    done = await platform.restart("pilots")
    play(platform, 0.2)
    moved = since(samples(platform), before)
    assert (done["model"], done["previous"], done["health"]) == ("acme/sable-5", "acme/sable-4", "healthy")
    assert total(moved, "llm_requests_total", env="pilots", model="acme/sable-4") == 0
    assert total(moved, "llm_requests_total", env="pilots", model="acme/sable-5") > 0
    assert total(moved, "llm_requests_total", env="global", model="acme/sable-5") == 0


async def test_an_unset_variable_runs_the_built_in_model(tmp_path: Path) -> None:
    platform = await opened(tmp_path)
    await rotate(platform, "acme/sable-5", "global")
    platform.fleets["global"].path.write_text("# nothing\n")
    assert (await platform.restart("global"))["model"] == "acme/sable-4"


async def test_a_restart_told_to_fail_changes_nothing(tmp_path: Path) -> None:
    platform = await opened(tmp_path)
    write(platform, "staging", "acme/sable-5")
    platform.fleets["staging"].restart_mode = "fail"
    with pytest.raises(RestartFailed, match="worker-staging"):
        await platform.restart("staging")
    assert platform.fleets["staging"].running == "acme/sable-4"
    assert not platform.fleets["staging"].starting
    platform.fleets["staging"].restart_mode = "ok"
    assert (await platform.restart("staging"))["model"] == "acme/sable-5"


async def test_the_log_counts_writes_and_restarts(tmp_path: Path) -> None:
    platform = await opened(tmp_path)
    for model in ("acme/sable-5", "acme/sable-3"):
        write(platform, "global", model)
        platform.tick(0.05)
        await platform.restart("global")
    platform.tick(0.05)
    rows = platform.journal.after()
    assert [(row["kind"], row.get("value") or row.get("model")) for row in rows] == [
        ("file", "acme/sable-5"),
        ("restart", "acme/sable-5"),
        ("file", "acme/sable-3"),
        ("restart", "acme/sable-3"),
    ]
    assert platform.stage_snapshot("global")["file_changes"] == 2
    assert platform.stage_snapshot("staging")["file_changes"] == 0
    assert platform.journal.after(3) == rows[3:]


async def test_metrics_parse_never_fall_and_agree_with_each_other(tmp_path: Path) -> None:
    platform = await opened(tmp_path)
    before: Samples = {}
    for model in ("acme/sable-5", "acme/sable-2", "acme/sable-4"):
        await rotate(platform, model, "pilots")
        play(platform, 0.3)
        after = samples(platform)
        assert set(before) <= set(after)
        assert all(after[key] >= value for key, value in before.items())
        before = after
    for stage in STAGES:
        requests = total(before, "llm_requests_total", env=stage)
        assert requests == total(before, "llm_request_duration_seconds_count", env=stage)
        assert requests == total(before, "llm_request_duration_seconds_bucket", env=stage, le="+Inf")
        assert requests == total(before, "gen_ai_client_operation_duration_seconds_count", env=stage)
        both = [
            total(before, f"{name}_sum", env=stage)
            for name in ("llm_request_duration_seconds", "gen_ai_client_operation_duration_seconds")
        ]
        assert both[0] == pytest.approx(both[1], rel=1e-6)
    failed = total(before, "llm_requests_total", env="pilots", status="error", model="acme/sable-2")
    assert failed == total(before, "gen_ai_client_operation_duration_seconds_count", env="pilots", error_type="404") > 0


async def test_buckets_are_cumulative_and_those_that_are_advised(tmp_path: Path) -> None:
    platform = await opened(tmp_path)
    play(platform, 0.5)
    seen = samples(platform, "staging")
    for name, bounds in (("llm_request_duration_seconds", SIMPLE), ("gen_ai_client_operation_duration_seconds", OTEL)):
        counts = [total(seen, f"{name}_bucket", le=bound) for bound, _ in bounds]
        assert counts == sorted(counts)
        assert counts[-1] > 0
    assert [bound for bound, _ in OTEL][:4] == ["0.01", "0.02", "0.04", "0.08"]


async def test_families_can_be_narrowed_and_an_idle_platform_announces_them(tmp_path: Path) -> None:
    platform = await opened(tmp_path)
    assert [family.name for family in text_string_to_metric_families(exposition({}))][:2] == [
        "llm_requests",
        "llm_request_duration_seconds",
    ]
    play(platform, 0.1)
    text = exposition(platform.fleets["global"].tallies, ["llm_retries_total"])
    assert [family.name for family in text_string_to_metric_families(text)] == ["llm_retries"]


def rates(found: Samples, stage: str) -> dict[str, float]:
    requests = total(found, "llm_requests_total", env=stage)
    valid, invalid = (total(found, "llm_tool_calls_total", env=stage, valid=word) for word in ("true", "false"))
    return {
        "errors": total(found, "llm_requests_total", env=stage, status="error") / requests,
        "seconds": total(found, "llm_request_duration_seconds_sum", env=stage) / requests,
        "cost": total(found, "llm_cost_usd_total", env=stage) / requests,
        "invalid": invalid / (valid + invalid),
        "retries": total(found, "llm_retries_total", env=stage) / requests,
    }


async def traffic_of(tmp_path: Path, model: str) -> tuple[dict[str, float], dict[str, float]]:
    """Rates of the pilots before and after they were given the model, two seconds of play each."""
    platform = await opened(tmp_path)
    play(platform, 2.0)
    before = samples(platform)
    await rotate(platform, model, "pilots")
    play(platform, 2.0)
    return rates(before, "pilots"), rates(since(samples(platform), before), "pilots")


async def test_a_good_candidate_is_as_good_under_traffic(tmp_path: Path) -> None:
    old, new = await traffic_of(tmp_path, "acme/sable-5")
    assert abs(new["errors"] - old["errors"]) < 0.004
    assert new["seconds"] < old["seconds"]
    assert new["cost"] < old["cost"]
    assert abs(new["invalid"] - old["invalid"]) < 0.01


async def test_slow_under_load_shows_in_latency_only(tmp_path: Path) -> None:
    old, new = await traffic_of(tmp_path, "orbit/comet-1")
    assert new["seconds"] / old["seconds"] > 1.6
    assert new["cost"] / old["cost"] < 1.1
    assert abs(new["errors"] - old["errors"]) < 0.004


@pytest.mark.parametrize("model", ["acme/sable-5", "orbit/comet-1", "orbit/regal-1"])
async def test_what_needs_load_or_long_prompts_does_not_show_on_staging(tmp_path: Path, model: str) -> None:
    platform = await opened(tmp_path)
    play(platform, 1.5)
    before = samples(platform)
    await rotate(platform, model, "staging")
    platform.provider.report_load("a comparison of 24 at once", model, 24)
    play(platform, 1.5)
    old, new = rates(before, "staging"), rates(since(samples(platform), before), "staging")
    assert new["seconds"] / old["seconds"] < 1.1
    assert new["cost"] / old["cost"] < 1.1
    assert abs(new["errors"] - old["errors"]) < 0.004


async def test_slow_under_load_is_slow_with_any_seed(tmp_path: Path) -> None:
    for seed in range(6):
        platform = Platform(tmp_path / str(seed), Provider(seed=seed), seed, QUICK)
        await platform.open()
        await rotate(platform, "orbit/comet-1", "pilots")
        play(platform, 0.1)
        load = platform.provider.load("orbit/comet-1")
        assert platform.provider.persona("orbit/comet-1").load_factor(load) > 1.5


async def test_dear_under_traffic_shows_in_cost_only(tmp_path: Path) -> None:
    old, new = await traffic_of(tmp_path, "orbit/regal-1")
    assert new["cost"] / old["cost"] > 1.6
    assert new["seconds"] / old["seconds"] < 1.1
    assert abs(new["errors"] - old["errors"]) < 0.004


async def test_worse_at_tools_shows_in_validity_and_retries(tmp_path: Path) -> None:
    old, new = await traffic_of(tmp_path, "lumen/forge-2")
    assert old["invalid"] < 0.01
    assert new["invalid"] > 0.1
    assert new["retries"] > 4 * old["retries"]
    assert abs(new["errors"] - old["errors"]) < 0.004


async def test_flaky_shows_in_errors(tmp_path: Path) -> None:
    _, new = await traffic_of(tmp_path, "nimbus/flicker-1")
    assert 0.13 < new["errors"] < 0.18


async def test_each_production_arm_sees_thousands_of_requests_a_second(tmp_path: Path) -> None:
    platform = await opened(tmp_path)
    play(platform, 2.0)
    seen = samples(platform)
    assert total(seen, "llm_requests_total", env="pilots") > 2 * 2000
    assert total(seen, "llm_requests_total", env="global") > 2 * 2000


async def test_a_retired_model_fails_and_says_so_in_health(tmp_path: Path) -> None:
    platform = await opened(tmp_path)
    await rotate(platform, "acme/sable-2", "staging")
    play(platform, 0.3)
    word, why = platform.fleets["staging"].health()
    assert word == "unhealthy"
    assert "retired" in why or "404" in why
    seen = samples(platform, "staging")
    assert total(seen, "llm_requests_total", model="acme/sable-2", status="ok") == 0
    assert total(seen, "llm_requests_total", model="acme/sable-2", status="error") > 0


async def test_a_failover_chain_answers_for_a_retired_model_under_its_own_name(tmp_path: Path) -> None:
    settings = Settings(restart_seconds=0.0, failover=("acme/sable-2", "acme/sable-3"))
    platform = await opened(tmp_path, settings)
    await rotate(platform, "acme/sable-2", "staging")
    before = samples(platform, "staging")
    play(platform, 0.3)
    moved = since(samples(platform, "staging"), before)
    assert total(moved, "llm_requests_total", model="acme/sable-3", status="ok") > 0
    name = "gen_ai_client_operation_duration_seconds_count"
    served = total(moved, name, gen_ai_request_model="acme/sable-2", gen_ai_response_model="acme/sable-3")
    assert served == total(moved, "llm_requests_total", model="acme/sable-3")
    assert platform.fleets["staging"].health()[0] == "degraded"
    assert platform.stage_snapshot("staging")["answering"] == "acme/sable-3"


async def test_an_outage_fails_every_fleet_and_passes(tmp_path: Path) -> None:
    provider = Provider()
    platform = await opened(tmp_path, provider=provider)
    play(platform, 0.5)
    before = samples(platform)
    provider.faults = type(provider.faults)(outage_rate=0.6)
    play(platform, 0.5)
    during = samples(platform)
    for stage in STAGES:
        assert 0.5 < rates(since(during, before), stage)["errors"] < 0.7
        assert platform.fleets[stage].health()[0] == "unhealthy"
    provider.reset()
    play(platform, 1.5)
    assert [platform.fleets[stage].health()[0] for stage in STAGES] == ["healthy"] * 3


async def test_workers_started_in_an_outage_recover_with_the_provider(tmp_path: Path) -> None:
    provider = Provider()
    provider.faults = type(provider.faults)(outage_rate=1.0)
    platform = await opened(tmp_path, provider=provider)
    assert platform.fleets["global"].health()[0] == "unhealthy"
    provider.reset()
    play(platform, 1.5)
    assert platform.fleets["global"].health() == ("healthy", "")


async def test_no_traffic_means_no_new_samples(tmp_path: Path) -> None:
    platform = await opened(tmp_path)
    play(platform, 0.2)
    platform.fleets["staging"].traffic = False
    before = samples(platform, "staging")
    play(platform, 1.5)
    assert samples(platform, "staging") == before
    shown = platform.stage_snapshot("staging")
    assert (shown["requests_per_second"], shown["error_rate"], shown["health"]) == (0.0, None, "healthy")


async def test_scale_and_daily_wave(tmp_path: Path) -> None:
    settings = Settings(restart_seconds=0.0, diurnal=0.5, day_seconds=4.0)
    platform = await opened(tmp_path, settings)
    counts = []
    for _ in range(4):
        before = total(samples(platform, "pilots"), "llm_requests_total")
        play(platform, 1.0)
        counts.append(total(samples(platform, "pilots"), "llm_requests_total") - before)
    assert min(counts[:2]) > 1.5 * max(counts[2:])
    platform = await opened(tmp_path / "other")
    platform.fleets["global"].scale = 0.1
    play(platform, 1.0)
    usual = platform.fleets["global"].requests_per_second(1.0) * 10
    assert total(samples(platform, "global"), "llm_requests_total") == pytest.approx(usual / 10, rel=0.1)


async def test_costs_add_up_to_the_series(tmp_path: Path) -> None:
    platform = await opened(tmp_path)
    play(platform, 0.5)
    await rotate(platform, "acme/sable-5", "pilots")
    play(platform, 0.5)
    rows = {str(row["model"]): row for row in platform.costs.between(0, 2e9, "model")}
    seen = samples(platform)
    for model in ("acme/sable-4", "acme/sable-5"):
        assert rows[model]["cost_usd"] == pytest.approx(total(seen, "llm_cost_usd_total", model=model))
        assert rows[model]["requests"] == total(seen, "llm_requests_total", model=model)
    assert [row["day"] for row in platform.costs.between(0, 2e9, "day")] == ["2027-01-15"]
    assert platform.costs.between(0, 1_800_000_000, "model") == []


async def test_the_same_seed_plays_the_same(tmp_path: Path) -> None:
    async def played(name: str) -> Samples:
        platform = await opened(tmp_path / name)
        play(platform, 0.5)
        return samples(platform)

    assert await played("a") == await played("b")


def test_counts_follow_their_distributions() -> None:
    draw = Random(1)
    for n, p in ((10, 0.3), (75, 0.02), (75, 0.9), (4000, 0.003), (4000, 0.5)):
        counts = [binomial(draw, n, p) for _ in range(4000)]
        mean, deviation = n * p, math.sqrt(n * p * (1 - p))
        assert sum(counts) / 4000 == pytest.approx(mean, abs=5 * deviation / math.sqrt(4000) + 0.02)
        variance = sum((count - mean) ** 2 for count in counts) / 4000
        assert variance == pytest.approx(deviation**2, rel=0.15)
        assert 0 <= min(counts) <= max(counts) <= n
    for mean in (0.4, 5.0, 60.0):
        counts = [poisson(draw, mean) for _ in range(4000)]
        assert sum(counts) / 4000 == pytest.approx(mean, abs=5 * math.sqrt(mean / 4000))


def test_the_spread_is_log_normal_shifted() -> None:
    median, sigma, shift = 0.02, 0.35, 0.1
    left, below, mean = 1.0, dict[float, float](), 0.0
    for cell, share, inside in spread(median, sigma, shift).steps:
        below[BOUNDS[cell] if cell < len(BOUNDS) else math.inf] = left * share
        mean += left * share * inside
        left *= 1 - share
    assert sum(below.values()) == pytest.approx(1)
    assert mean == pytest.approx(shift + median * math.exp(sigma**2 / 2), rel=1e-6)
    half = sum(share for bound, share in below.items() if bound <= 0.16)
    assert half == pytest.approx(0.5 * math.erfc(-math.log(0.06 / median) / (sigma * math.sqrt(2))), rel=1e-6)


def test_quantiles_are_interpolated_and_absent_without_counts() -> None:
    cells = [0] * (len(BOUNDS) + 1)
    assert quantile(cells, 0.5) is None
    cells[BOUNDS.index(0.02)] = 10
    assert 0.0175 < (quantile(cells, 0.5) or 0) < 0.02


@pytest.mark.parametrize(
    "section",
    [{"tenant": 3}, {"rate": "many"}, {"pilots": "northwind"}, {"tool_share": 1.5}, {"model": ""}, {"tenants": 2}],
)
def test_a_seed_section_is_checked(section: Mapping[str, object]) -> None:
    with pytest.raises(ValueError, match="platform"):
        settings_from(section)


def test_a_seed_section_changes_what_it_names() -> None:
    settings = settings_from({"tenants": 40, "failover": ["acme/sable-3"], "rate": 10})
    assert (settings.tenants, settings.failover, settings.rate) == (40, ("acme/sable-3",), 10.0)
