"""`python -m bot.run_rasa ARGUMENTS`, in Rasa's own Python: Rasa with the token of its API from the environment.

Rasa takes it from the command line alone, where everybody on the machine can read it.
"""

import os
import runpy
import sys

if __name__ == "__main__":
    sys.argv.append(f"--auth-token={os.environ['RASA_TOKEN']}")
    runpy.run_module("rasa", run_name="__main__", alter_sys=True)
