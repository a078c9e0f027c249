"""Reports every signal it gets, one line each: `NAME kernel` or `NAME process`.

listen.py [--output FILE] [--open NAME] [--raw]
Blocks all signals and takes them one by one, so that none is lost and none acts by itself; --open
leaves one its default effect. Ends with code 5 on SIGUSR2, the barrier: what was sent before it has
been reported. --raw puts the terminal into raw mode at the start.
"""
import os
import signal
import sys

arguments = sys.argv[1:]
output = sys.stdout
waited = {s for s in signal.valid_signals()} - {signal.SIGKILL, signal.SIGSTOP}
while arguments:
    option = arguments.pop(0)
    if option == "--output":
        output = open(arguments.pop(0), "w")
    elif option == "--open":
        waited -= {getattr(signal, arguments.pop(0))}
    elif option == "--raw":
        import tty

        tty.setraw(0)
signal.pthread_sigmask(signal.SIG_BLOCK, waited)


def say(line):
    print(line, file=output, flush=True)


say(f"ready {os.getpid()} {os.getppid()}")
while True:
    info = signal.sigwaitinfo(waited)
    try:
        name = signal.Signals(info.si_signo).name
    except ValueError:
        name = str(info.si_signo)
    say(f"{name} {'kernel' if info.si_code == 128 else 'process'}")
    if info.si_signo == signal.SIGUSR2:
        sys.exit(5)
