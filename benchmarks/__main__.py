"""What `make bench` runs. Processes that are measured import this module too: it stays light."""

if __name__ == "__main__":
    from benchmarks.cli import main

    main()
