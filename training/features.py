"""Feature matrices from the code that builds them when serving."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
NODE = ROOT / "node_modules" / ".bin" / "node"


def feature_matrix(kind: str, requests: list[dict[str, Any]]) -> tuple[list[str], NDArray[np.float32]]:
    """Names and float32 rows of the features of requests: `fraud`, `ctr` or `bid`."""
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    command = [str(NODE), str(ROOT / "training" / "features.ts"), kind]
    output = subprocess.run(command, input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout
    heading, _, body = output.partition(b"\n")
    names: list[str] = json.loads(heading)
    return names, np.frombuffer(body, dtype="<f4").reshape(len(requests), len(names))
