import { Controller, Get, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';

@Injectable()
export class AppService implements OnModuleDestroy {
  getHello(): string {
    return 'Hello World!';
  }

  onModuleDestroy(): void {
    console.log('the module is destroyed');
  }
}

@Controller()
export class AppController {
  constructor(private readonly appService: AppService) {}

  @Get()
  getHello(): string {
    return this.appService.getHello();
  }
}

@Module({ controllers: [AppController], providers: [AppService] })
export class AppModule {}
