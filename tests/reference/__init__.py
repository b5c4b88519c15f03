"""Second ways to compute what notebooks define: only tests use them, to compare the notebooks' own code with."""
