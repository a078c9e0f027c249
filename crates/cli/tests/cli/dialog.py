"""Talk to a program on a terminal of its own.

Arguments: a JSON list of [wait for this text, then type this], and the command. Writes a JSON object: what the terminal
showed, the exit code (minus the signal), and whether the terminal shows what is typed again.
"""

import json
import os
import pty
import signal
import subprocess
import sys
import termios

signal.alarm(60)  # turns a hang into a failure
steps, command = json.loads(sys.argv[1]), sys.argv[2:]
results, tell = os.pipe()
leader, terminal = pty.fork()
if leader == 0:
    # The session's leader outlives the command, as a shell does: the terminal is reset when its leader ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    default = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    code = subprocess.call(command, preexec_fn=default)
    echo = bool(termios.tcgetattr(0)[3] & termios.ECHO)
    os.write(tell, json.dumps({"code": code, "echo": echo}).encode())
    os._exit(0)
os.close(tell)
shown, seen = b"", 0
while True:
    try:
        read = os.read(terminal, 4096)
    except OSError:
        break
    if not read:
        break
    shown += read
    if steps and steps[0][0].encode() in shown[seen:]:
        seen = len(shown)
        # A hidden prompt, which ends so, is written just before the terminal stops showing what is typed.
        while steps[0][0].endswith(": ") and termios.tcgetattr(terminal)[3] & termios.ECHO:
            pass
        os.write(terminal, steps.pop(0)[1].encode())
os.waitpid(leader, 0)
result = json.loads(os.read(results, 4096))
print(json.dumps({"shown": shown.decode(), "steps_left": len(steps), **result}))
