"""A file without a tensor."""

import sys
from pathlib import Path



FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_safetensors_case

write_safetensors_case(FOLDER, {}, {"format": "pt"})
