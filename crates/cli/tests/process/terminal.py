"""Runs a command as the leader of a session on a terminal of its own.

terminal.py COMMAND...; the terminal's output goes to stdout. Orders come on stdin, one a line: `send HEX`,
`resize`, `hangup`. The last line is `exit CODE` or `exit -SIGNAL`.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios

pid, master = pty.fork()
if pid == 0:
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    os.execvp(sys.argv[1], sys.argv[1:])


def finish():
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.write(1, b"\nexit %d\n" % status)
    sys.exit(0)


orders = b""
sources = [0, master]
while True:
    ready = select.select(sources, [], [])[0]
    if master in ready:
        try:
            data = os.read(master, 4096)
        except OSError:
            data = b""
        if not data:
            finish()
        os.write(1, data)
    if 0 in ready:
        data = os.read(0, 4096)
        if not data:
            sources.remove(0)
        orders += data
        while b"\n" in orders:
            line, orders = orders.split(b"\n", 1)
            order, _, rest = line.decode().partition(" ")
            if order == "send":
                os.write(master, bytes.fromhex(rest))
            elif order == "resize":
                fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
            elif order == "hangup":
                os.close(master)
                finish()
