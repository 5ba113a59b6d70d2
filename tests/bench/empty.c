/* The least that a program can be: what it costs to start is the system's. */
int
main(void)
{
	return 0;
}
