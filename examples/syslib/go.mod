module example.com/syslib

go 1.26
