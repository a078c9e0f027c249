"""Leaves an orphan that ends at once, and reports `reaped` when its process id is free again."""
import os

read, write = os.pipe()
child = os.fork()
if child == 0:
    orphan = os.fork()
    if orphan == 0:
        # Ends only when its parent is gone, so that whoever adopts orphans must reap it.
        middle = int(os.read(read, 16).decode())
        while os.getppid() == middle:
            os.sched_yield()
        os._exit(0)
    os.write(write, b"%16d" % os.getpid())
    report = os.open(os.environ["ORPHAN_FILE"], os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(report, b"%d" % orphan)
    os._exit(0)
os.waitpid(child, 0)
orphan = int(open(os.environ["ORPHAN_FILE"]).read())
while True:
    try:
        os.kill(orphan, 0)
    except ProcessLookupError:
        break
    os.sched_yield()
print("reaped", os.getppid(), flush=True)
