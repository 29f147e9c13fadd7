"""The draw recipe cqa1 against the `sha256sum` program and the standard's own vector."""

import os
import subprocess

from sampling.draw import draw, frame_file, plan_file, seed_from, sha256_hex, ticket


def sha256sum(text: bytes) -> str:
    out = subprocess.run(["sha256sum"], input=text, capture_output=True, check=True).stdout
    return out.split()[0].decode()


def test_sha256_of_abc() -> None:
    # FIPS 180-2, appendix B.1.
    assert sha256_hex(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_plan_seed_and_ticket_as_sha256sum_has_them() -> None:
    frame = frame_file([("CASE-0002", "north"), ("CASE-0001", "south")])
    assert frame == b"CASE-0001\tsouth\nCASE-0002\tnorth\n"
    assert sha256_hex(frame) == sha256sum(frame)
    plan = plan_file({"rule": "0 of 2", "frame_sha256": sha256_hex(frame), "purpose": "écoute"})
    assert plan.decode() == f'{{"frame_sha256":"{sha256_hex(frame)}","purpose":"écoute","rule":"0 of 2"}}'
    plan_sha256 = sha256sum(plan)
    seed = seed_from(plan_sha256, "4 2 6 1 3")
    assert seed == sha256sum(b"cqa1|" + plan_sha256.encode() + b"|4 2 6 1 3")[:32]
    assert ticket(seed, "CASE-0001") == sha256sum(f"{seed}|CASE-0001".encode())


def test_a_whole_stratum_with_a_shell_loop() -> None:
    seed = "0123456789abcdef0123456789abcdef"
    references = [f"CASE-{number:04}" for number in range(40)]
    loop = """
        while read -r reference; do
            echo "$(printf '%s' "$seed|$reference" | sha256sum | cut -d' ' -f1) $reference"
        done | LC_ALL=C sort | head -n 7 | cut -d' ' -f2
    """
    by_shell = subprocess.run(
        ["sh", "-c", loop],
        input="\n".join(references) + "\n",
        env={"seed": seed, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert draw({"all": references}, {"all": 7}, seed=seed) == {"all": by_shell}
